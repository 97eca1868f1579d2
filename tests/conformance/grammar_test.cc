// The strict grammar itself: what it reads, and that it reads nothing else.
#include "tests/conformance/grammar.h"

#include <gtest/gtest.h>

namespace truemirror::conformance {
namespace {

const std::string kGet = "GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Grammar, ReadsAStreamOfRequestsAsMessages) {
  const std::string post = "POST / HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length:  2 \r\n\r\nhi";
  const std::string chunked =
      "PUT * HTTP/1.1\r\n";  // no target of PUT: the third message is wrong, the two before it are whole
  const Reading reading = read_requests(kGet + post + chunked);
  ASSERT_EQ(reading.messages.size(), 2u);
  EXPECT_EQ(reading.messages[0].target, "/a?b");
  EXPECT_EQ(reading.messages[1].body, "hi");
  EXPECT_EQ(reading.consumed, kGet.size() + post.size());
  EXPECT_FALSE(reading.ok());
  EXPECT_FALSE(reading.ran_out);
}

TEST(Grammar, SaysWhetherMoreBytesCouldMakeItRight) {
  for (std::size_t size = 1; size < kGet.size(); ++size) {
    const Reading reading = read_requests(kGet.substr(0, size));
    EXPECT_TRUE(!reading.ok() && reading.ran_out) << size << ": " << reading.problem;
  }
  EXPECT_TRUE(read_requests(kGet).ok());
}

TEST(Grammar, RefusesRequestsThatTwoParsersCouldReadDifferently) {
  for (const std::string head : {"GET  / HTTP/1.1\r\nHost: a",
                                 "GET /# HTTP/1.1\r\nHost: a",
                                 "GET /\xe9 HTTP/1.1\r\nHost: a",
                                 "GET / HTTP/1.2\r\nHost: a",
                                 "GET / http/1.1\r\nHost: a",
                                 "GET / HTTP/1.1\nHost: a",
                                 "GET / HTTP/1.1\r\nX: a",
                                 "GET / HTTP/1.1\r\nHost: a\r\nHost: a",
                                 "GET / HTTP/1.1\r\nHost: a,b",
                                 "GET / HTTP/1.1\r\nHost: a@b",
                                 "GET / HTTP/1.1\r\nHost: [1::2::3]",
                                 "GET / HTTP/1.1\r\nHost: a:99999",
                                 "GET / HTTP/1.1\r\nHost: a\r\n x",
                                 "GET / HTTP/1.1\r\nHost: a\r\nX : 1",
                                 "GET / HTTP/1.1\r\nHost: a\r\n: 1",
                                 "GET / HTTP/1.1\r\nHost: a\r\nX: \x01",
                                 "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb",
                                 "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +0",
                                 "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 00",
                                 "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0",
                                 "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808",
                                 "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0",
                                 "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked",
                                 "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked",
                                 "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked",
                                 "GET / HTTP/1.0\r\nTransfer-Encoding: chunked",
                                 "GET / HTTP/1.1\r\nHost: a\r\nConnection: a b"}) {
    const Reading reading = read_requests(head + "\r\n\r\n0\r\n\r\n");
    EXPECT_TRUE(reading.messages.empty() && !reading.ok() && !reading.ran_out) << head;
  }
}

TEST(Grammar, ReadsChunksByTheLetterAndNoOthers) {
  std::size_t consumed = 0;
  const Reading reading = read_chunked("3 ; a = \"\\\"\";b\r\nabc\r\n00\r\nX: 1\r\n\r\nGET", consumed);
  ASSERT_TRUE(reading.ok()) << reading.problem;
  EXPECT_EQ(reading.messages[0].body, "abc");
  EXPECT_EQ(reading.messages[0].trailers, (std::vector<Field>{{"X", "1"}}));
  EXPECT_EQ(consumed, 33u);
  for (const char* bytes : {"0x1\r\na\r\n0\r\n\r\n", "+1\r\na\r\n0\r\n\r\n", " 1\r\na\r\n0\r\n\r\n",
                            "1 \r\na\r\n0\r\n\r\n", "1;\r\na\r\n0\r\n\r\n", "1\na\r\n0\r\n\r\n", "1\r\na\n0\r\n\r\n",
                            "1\r\nab0\r\n\r\n", "0\r\nHost: a\r\n\r\n", "0\r\nX : a\r\n\r\n", "1000000000000000\r\n"}) {
    EXPECT_FALSE(read_chunked(bytes, consumed).ok()) << bytes;
  }
}

TEST(Grammar, EndsResponsesByMethodAndStatus) {
  const std::string bytes =
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"  // to a HEAD
      "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\nall";
  const Reading reading = read_responses(bytes, {"HEAD", "GET", "GET"}, true);
  ASSERT_TRUE(reading.ok()) << reading.problem;
  ASSERT_EQ(reading.messages.size(), 4u);
  EXPECT_EQ(reading.messages[3].body, "all");
  EXPECT_TRUE(read_responses(bytes, {"HEAD", "GET", "GET"}, false).ran_out);
  EXPECT_FALSE(read_responses(bytes, {"HEAD", "GET"}, true).ok()) << "a response that nobody asked for";
  for (const char* wrong :
       {"HTTP/1.1 200\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", "\r\nHTTP/1.1 200 OK\r\n\r\n"}) {
    EXPECT_FALSE(read_responses(wrong, {"GET"}, true).ok()) << wrong;
  }
}

}  // namespace
}  // namespace truemirror::conformance
