#include "proxy/http/head_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace truemirror {
namespace {

std::string request_written(const std::string& bytes, std::string_view pseudonym) {
  HeadScanner scanner;
  RequestHead head;
  EXPECT_EQ(scanner.scan(bytes, head), ScanResult::complete) << bytes;
  std::string out;
  ForwardingFacts facts;
  facts.client_address = "192.0.2.1";
  facts.pseudonym = pseudonym;
  write_request_head(head, facts, out);
  return out;
}

std::string response_written(const std::string& bytes, std::string_view pseudonym) {
  HeadScanner scanner;
  ResponseHead head;
  EXPECT_EQ(scanner.scan(bytes, head, "GET"), ScanResult::complete) << bytes;
  std::string out;
  ResponseFacts facts;
  facts.date = "a date";
  facts.pseudonym = pseudonym;
  write_response_head(head, facts, out);
  return out;
}

TEST(HeadWriter, ViaIsOneLineOfAllWhoHadTheRequestAndUs) {
  const std::string bytes =
      "GET / HTTP/1.0\r\nHost: a\r\nVia: 1.1 first, HTTP/1.0 second (a, b)\r\nX: 1\r\nVIA: 1.1 third\r\n\r\n";
  EXPECT_EQ(request_written(bytes, "us"),
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\n"
            "X-Forwarded-Host: a\r\nVia: 1.1 first, HTTP/1.0 second (a, b), 1.1 third, 1.0 us\r\n");
}

TEST(HeadWriter, WithoutANameOfOursViaGoesOnAsItCameAndNoneIsAdded) {
  EXPECT_EQ(request_written("GET / HTTP/1.1\r\nVia: 1.1 first\r\nHost: a\r\nvia:1.1 b\r\n\r\n", ""),
            "GET / HTTP/1.1\r\nVia: 1.1 first\r\nHost: a\r\nvia:1.1 b\r\nX-Forwarded-For: 192.0.2.1\r\n"
            "X-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n");
  EXPECT_EQ(request_written("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "").find("Via"), std::string::npos);
}

TEST(HeadWriter, ResponsesAreTreatedAlike) {
  const std::string bytes = "HTTP/1.0 200 OK\r\nVia: 1.1 cache\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(response_written(bytes, "us"),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nDate: a date\r\nVia: 1.1 cache, 1.0 us\r\n\r\n");
  EXPECT_EQ(response_written(bytes, ""),
            "HTTP/1.1 200 OK\r\nVia: 1.1 cache\r\nContent-Length: 0\r\nDate: a date\r\n\r\n");
}

}  // namespace
}  // namespace truemirror
