#include "proxy/http/head_scanner.h"

#include <gtest/gtest.h>

#include <string>

namespace truemirror {
namespace {

HeadError request_error(std::string_view bytes) {
  HeadScanner scanner;
  RequestHead head;
  return scanner.scan(bytes, head) == ScanResult::error ? scanner.error() : HeadError::none;
}

HeadError response_error(std::string_view bytes) {
  HeadScanner scanner;
  ResponseHead head;
  return scanner.scan(bytes, head, "GET") == ScanResult::error ? scanner.error() : HeadError::none;
}

TEST(RequestHead, IsReadAsSpansOfTheBuffer) {
  const std::string bytes = "GET /orders?x=1 HTTP/1.1\r\nHost: shop:80\r\nAccept:  a, b \r\n\r\nrest";
  HeadScanner scanner;
  RequestHead head;
  ASSERT_EQ(scanner.scan(bytes, head), ScanResult::complete);
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.path, "/orders?x=1");
  EXPECT_EQ(head.host, "shop:80");
  EXPECT_EQ(head.size, bytes.size() - 4);
  ASSERT_EQ(head.fields.size(), 2u);
  EXPECT_EQ(head.fields[1].value, "a, b");
  EXPECT_EQ(head.fields[1].line, "Accept:  a, b \r\n");
  EXPECT_EQ(head.framing, Framing::none);
  EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHead, NeedsMoreUntilTheLastByteOfTheBlankLine) {
  const std::string bytes = "\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
  HeadScanner scanner;
  RequestHead head;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_EQ(scanner.scan(std::string_view(bytes).substr(0, size), head), ScanResult::need_more) << size;
  }
  ASSERT_EQ(scanner.scan(bytes, head), ScanResult::complete);
  EXPECT_EQ(head.content_length, 3u);
}

TEST(RequestHead, AbsoluteFormLosesItsAuthorityWhichIsTheHost) {
  HeadScanner scanner;
  RequestHead head;
  ASSERT_EQ(scanner.scan("GET http://a:1/x?y HTTP/1.1\r\nHost: a:1\r\n\r\n", head), ScanResult::complete);
  EXPECT_EQ(head.path, "/x?y");
  ASSERT_EQ(scanner.scan("GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n", head), ScanResult::complete);
  EXPECT_EQ(head.host, "b");
  ASSERT_EQ(scanner.scan("GET http://b?y HTTP/1.1\r\nHost: a\r\n\r\n", head), ScanResult::complete);
  EXPECT_EQ(head.path, "/?y");
  ASSERT_EQ(scanner.scan("GET http://b:2/x HTTP/1.0\r\n\r\n", head), ScanResult::complete);
  EXPECT_EQ(head.host, "b:2");
  ASSERT_EQ(scanner.scan("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", head), ScanResult::complete);
  EXPECT_EQ(head.path, "*");
}

TEST(RequestHead, WhatCanBecomeNoRequestIsRefusedBeforeItIsComplete) {
  EXPECT_EQ(request_error("GET / HTTP/1.1\nHost"), HeadError::bad_field);
  EXPECT_EQ(request_error("GET / HTTP/1.1\r\nHost: a\rX"), HeadError::bad_field);
  EXPECT_EQ(request_error("GET /\r\n"), HeadError::bad_start_line);
  EXPECT_EQ(request_error("GET / HTTP/1.1\r"), HeadError::none);
  EXPECT_EQ(request_error(std::string(65, 'G') + " / HTTP/1.1\r\nHost: a\r\n\r\n"), HeadError::unknown_method);
  EXPECT_EQ(request_error(std::string(9000, 'G')), HeadError::bad_start_line);
}

TEST(RequestHead, ConnectionFieldsAreHopByHop) {
  HeadScanner scanner;
  RequestHead head;
  ASSERT_EQ(scanner.scan("GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n\r\n", head),
            ScanResult::complete);
  EXPECT_FALSE(head.keep_alive);
  ASSERT_EQ(head.fields.size(), 3u);
  EXPECT_FALSE(head.is_hop_by_hop(head.fields[0]));
  EXPECT_TRUE(head.is_hop_by_hop(head.fields[1]));
  EXPECT_TRUE(head.is_hop_by_hop(head.fields[2]));
}

struct Refused {
  const char* bytes;
  HeadError error;
};

TEST(RequestHead, WhatTwoParsersCouldReadDifferentlyIsRefused) {
  const Refused cases[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", HeadError::bad_coding},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", HeadError::bad_length},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", HeadError::bad_length},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", HeadError::bad_length},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", HeadError::bad_length},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n", HeadError::bad_length},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", HeadError::bad_length},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 01\r\n\r\n", HeadError::bad_length},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 1\r\n\r\n", HeadError::bad_field},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", HeadError::unknown_coding},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", HeadError::bad_coding},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", HeadError::bad_coding},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked\r\n\r\n", HeadError::bad_coding},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", HeadError::bad_coding},
      {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", HeadError::bad_coding},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", HeadError::bad_field},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n", HeadError::bad_field},
      {"GET / HTTP/1.1\r\nHost: a\r\nX:\rTransfer-Encoding: chunked\r\n\r\n", HeadError::bad_field},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: 1\nY: 2\r\n\r\n", HeadError::bad_field},
      {"GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n", HeadError::bad_field},
      {"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", HeadError::bad_field},
      {"GET / HTTP/1.1\r\n\r\n", HeadError::bad_host},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", HeadError::bad_host},
      {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", HeadError::bad_host},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", HeadError::bad_host},
      {"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", HeadError::bad_target},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Host\r\n\r\n", HeadError::bad_connection},
      {"GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", HeadError::bad_target},
      {"GET x HTTP/1.1\r\nHost: a\r\n\r\n", HeadError::bad_target},
      {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", HeadError::bad_target},
      {"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", HeadError::bad_target},
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", HeadError::bad_target},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", HeadError::bad_version},
      {"GET / http/1.1\r\nHost: a\r\n\r\n", HeadError::bad_start_line},
      {"GET /\r\n\r\n", HeadError::bad_start_line},
      {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", HeadError::bad_start_line},
      {"\x16\x03\x01", HeadError::speaks_tls},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HeadError::speaks_http2},
      {"PRI * HTTP/2.0\r\n", HeadError::speaks_http2},
  };
  for (const Refused& refused : cases) EXPECT_EQ(request_error(refused.bytes), refused.error) << refused.bytes;
  EXPECT_EQ(request_error(std::string_view("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 33)), HeadError::bad_field);
}

TEST(RequestHead, OverItsLimitsIsRefusedBeforeItIsComplete) {
  EXPECT_EQ(request_error("GET /" + std::string(9000, 'a')), HeadError::target_too_long);
  EXPECT_EQ(request_error("GET / HTTP/1.1\r\nX: " + std::string(40000, 'a')), HeadError::head_too_large);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 128; ++i) many += "X: 1\r\n";
  EXPECT_EQ(request_error(many + "\r\n"), HeadError::too_many_fields);
}

TEST(ResponseHead, FramingFollowsMethodAndStatus) {
  HeadScanner scanner;
  ResponseHead head;
  ASSERT_EQ(scanner.scan("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", head, "GET"), ScanResult::complete);
  EXPECT_EQ(head.framing, Framing::length);
  ASSERT_EQ(scanner.scan("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", head, "HEAD"), ScanResult::complete);
  EXPECT_EQ(head.framing, Framing::none);
  ASSERT_EQ(scanner.scan("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", head, "GET"), ScanResult::complete);
  EXPECT_EQ(head.framing, Framing::none);
  ASSERT_EQ(scanner.scan("HTTP/1.0 200 OK\r\n\r\n", head, "GET"), ScanResult::complete);
  EXPECT_EQ(head.framing, Framing::until_close);
  ASSERT_EQ(scanner.scan("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n", head, "GET"), ScanResult::complete);
  EXPECT_EQ(head.framing, Framing::chunked);
  EXPECT_EQ(head.reason, "");
}

TEST(ResponseHead, IsMendedWhereAProxyIsToMendIt) {
  const std::string odd = "HTTP/1.1 200 OK\r\nX-a \t: 1\nContent-Length: 2, 2\r\ncontent-length : 2\r\n\r\n";
  HeadScanner scanner;
  ResponseHead head;
  for (std::size_t size = 0; size < odd.size(); ++size) {
    ASSERT_EQ(scanner.scan(odd.substr(0, size), head, "GET"), ScanResult::need_more) << size;
  }
  ASSERT_EQ(scanner.scan(odd + "ok", head, "GET"), ScanResult::complete);
  EXPECT_EQ(head.size, odd.size());
  EXPECT_EQ(head.field_block, "X-a: 1\r\nContent-Length: 2\r\n");
  EXPECT_EQ(head.content_length, 2u);
  EXPECT_FALSE(head.keep_alive);  // to some it is another head
  ASSERT_EQ(scanner.scan("HTTP/1.1 999 X\nContent-Length: 0\n\n", head, "GET"), ScanResult::complete);
  EXPECT_EQ(head.status, 999);
  EXPECT_TRUE(head.keep_alive);
}

TEST(ResponseHead, IsNotMendedWhereItCouldBeTwoMessages) {
  EXPECT_EQ(response_error("HTTP/1.1 200 OK\r\nX: a\rY: b\r\n\r\n"), HeadError::bad_field);
  EXPECT_EQ(response_error("HTTP/1.1 200 OK\r\nX: a\r\r\n\r\n"), HeadError::bad_field);
  EXPECT_EQ(response_error("HTTP/1.1 200 OK\nX: a\n b\n\n"), HeadError::bad_field);
  EXPECT_EQ(response_error("HTTP/1.1 200 OK\r\n : a\r\n\r\n"), HeadError::bad_field);
  EXPECT_EQ(response_error("HTTP/1.1 200 OK\r\nX Y : a\r\n\r\n"), HeadError::bad_field);
  EXPECT_EQ(response_error("HTTP/1.1 200 OK\r\nContent-Length: 5,\r\n\r\n"), HeadError::bad_length);
  EXPECT_EQ(response_error("HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: 6\n\n"), HeadError::bad_length);
  EXPECT_EQ(response_error("HTTP/1.1 200 OK\nTransfer-Encoding : chunked\nContent-Length: 6\n\n"),
            HeadError::bad_coding);
}

TEST(ResponseHead, GarbageIsRefusedAtTheFirstWrongByte) {
  EXPECT_EQ(response_error("SSH-2.0"), HeadError::bad_start_line);
  EXPECT_EQ(response_error("\x15\x03\x01"), HeadError::speaks_tls);
  EXPECT_EQ(response_error("HTTP/1.1 2000 OK\r\n\r\n"), HeadError::bad_start_line);
  EXPECT_EQ(response_error("HTTP/1.1 099 X\r\n\r\n"), HeadError::bad_start_line);
  EXPECT_EQ(response_error("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), HeadError::bad_length);
}

}  // namespace
}  // namespace truemirror
