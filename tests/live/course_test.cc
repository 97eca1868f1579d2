// What an intermediary owes a request, as values: heads in, courses out.
#include "proxy/live/course.h"

#include <gtest/gtest.h>

#include "proxy/http/head_writer.h"

namespace truemirror {
namespace {

const PassKey kPasses({1, 2});

// One request, its course, and its head as stable would get it.
struct Judged {
  Judged(std::string text, bool forward_connect = false) : bytes(std::move(text)) {
    LiveOptions options;
    options.forward_connect = forward_connect;
    options.passes = kPasses;
    EXPECT_EQ(HeadScanner().scan(bytes, head), ScanResult::complete) << bytes;
    EXPECT_TRUE(is_unusual(head)) << bytes;
    course = choose_course(head, options, "a date", line);
    ForwardingFacts facts;
    facts.passes = &kPasses;
    facts.upgrade = course.upgrade;
    if (!course.ends_here()) write_request_head(head, facts, written);
  }
  Judged(const Judged&) = delete;
  [[nodiscard]] bool writes(std::string_view text) const { return written.find(text) != std::string::npos; }

  std::string bytes, line, written;
  RequestHead head;
  Course course;
};

bool is_granted(const Course& course, const std::string& response) {
  ResponseHead head;
  EXPECT_EQ(HeadScanner().scan(response, head, "GET"), ScanResult::complete);
  return grants_upgrade(course, head);
}

TEST(Course, MaxForwardsCountsDownAndEndsHereAtZero) {
  const Judged once("OPTIONS / HTTP/1.1\r\nHost: a\r\nX: 1\r\nMax-forwards: 10\r\nY: 2\r\n\r\n");
  EXPECT_TRUE(once.writes("X: 1\r\nMax-forwards: 9\r\nY: 2\r\n")) << once.written;
  const Judged huge("OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 99999999999999999999999\r\n\r\n");
  EXPECT_TRUE(huge.writes("Max-Forwards: 18446744073709551614\r\n")) << huge.written;
  const Judged last("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");
  EXPECT_EQ(last.course.answer.substr(0, 15), "HTTP/1.1 200 OK");
  for (const char* value : {"-1", "1.0", "", "x", "1\r\nMax-Forwards: 1"}) {
    const Judged bad(std::string("OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: ") + value + "\r\n\r\n");
    EXPECT_EQ(bad.course.refused, 400) << value;
  }
}

TEST(Course, MaxForwardsOfOtherMethodsIsNobodysBusiness) {
  HeadScanner scanner;
  RequestHead head;
  ASSERT_EQ(scanner.scan("GET / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", head), ScanResult::complete);
  EXPECT_FALSE(is_unusual(head));
}

TEST(Course, TraceIsReflectedAtItsLastHopWithoutAnySecret) {
  const Judged last(
      "TRACE /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nVia: 1.1 edge\r\nCookie: s=1\r\nAuthorization: Basic eDp5\r\n"
      "X-Api-Key: k1\r\nX-New-Token: t1\r\n\r\n");
  EXPECT_NE(last.course.answer.find("Content-Type: message/http\r\n"), std::string::npos);
  EXPECT_NE(last.course.answer.find("\r\n\r\nTRACE /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nVia: 1.1 edge\r\n\r\n"),
            std::string::npos)
      << last.course.answer;
  EXPECT_EQ(Judged("TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 5\r\n\r\n").course.refused, 405);
  EXPECT_EQ(Judged("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n").course.refused, 405);
  EXPECT_EQ(Judged("TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n").course.refused, 400);
}

TEST(Course, ALoopIsRefusedAndAnotherTruemirrorIsNone) {
  const Judged once("OPTIONS /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(once.course.ends_here());
  const std::size_t line = once.written.find("X-Truemirror-Passed: ");
  ASSERT_NE(line, std::string::npos) << once.written;
  const Judged again(once.written + "\r\n");
  EXPECT_EQ(again.course.refused, 508);
  EXPECT_TRUE(again.course.loop);
  const Judged other("GET / HTTP/1.1\r\nHost: a\r\nX-Truemirror-Passed: 0123456789abcdef\r\n\r\n");
  EXPECT_EQ(other.course.refused, 0);
  // It needs its own to be known again behind us, and we ours.
  EXPECT_TRUE(other.writes("X-Truemirror-Passed: 0123456789abcdef\r\n")) << other.written;
  EXPECT_NE(other.written.rfind("X-Truemirror-Passed"), other.written.find("X-Truemirror-Passed")) << other.written;
}

TEST(Course, UpgradeGoesToStableWithoutTheOtherWaysToSpeakHttp) {
  const std::string asks = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: ";
  const Judged websocket(asks + "websocket\r\nSec-WebSocket-Version: 13\r\n\r\n");
  EXPECT_TRUE(websocket.course.may_tunnel());
  EXPECT_TRUE(websocket.writes("Upgrade: websocket\r\nConnection: Upgrade\r\n")) << websocket.written;
  EXPECT_TRUE(websocket.writes("Sec-WebSocket-Version: 13\r\n"));
  EXPECT_EQ(Judged(asks + "h2c, websocket, TLS/1.0, x/1\r\n\r\n").course.upgrade, "websocket, x/1");
  for (const char* no : {"h2c\r\nHTTP2-Settings: AAMAAABk", "HTTP/2.0", "", "web socket", "websocket/"}) {
    const Judged ordinary(asks + no + "\r\n\r\n");
    EXPECT_FALSE(ordinary.course.may_tunnel()) << no;
    EXPECT_FALSE(ordinary.writes("pgrade:")) << ordinary.written;
  }
}

TEST(Course, UpgradeWithoutItsConnectionOptionOrInHttp10IsNone) {
  HeadScanner scanner;
  RequestHead head;
  ASSERT_EQ(scanner.scan("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", head), ScanResult::complete);
  EXPECT_FALSE(is_unusual(head));
  ASSERT_EQ(scanner.scan("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", head),
            ScanResult::complete);
  EXPECT_FALSE(is_unusual(head));
}

TEST(Course, ATrailersWishGoesOnBesideAnUpgrade) {
  const Judged judged(
      "GET / HTTP/1.1\r\nHost: a\r\nTE: gzip;q=0.5, trailers\r\nConnection: TE, upgrade\r\nUpgrade: x\r\n\r\n");
  EXPECT_TRUE(judged.writes("TE: trailers\r\nUpgrade: x\r\nConnection: Upgrade, TE\r\n")) << judged.written;
}

TEST(Course, OnlyWhatWasAskedForIsGranted) {
  Course course;
  course.upgrade = "websocket, x/1";
  const std::string head = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n";
  EXPECT_TRUE(is_granted(course, head + "Upgrade: WebSocket\r\n\r\n"));
  EXPECT_TRUE(is_granted(course, head + "Upgrade: x/1\r\n\r\n"));
  EXPECT_FALSE(is_granted(course, head + "Upgrade: h2c\r\n\r\n"));
  EXPECT_FALSE(is_granted(course, head + "Upgrade: websocket, h2c\r\n\r\n"));
  EXPECT_FALSE(is_granted(course, head + "\r\n"));
}

TEST(Course, ConnectIsRefusedUnlessStableIsToHaveIt) {
  const std::string connect = "CONNECT shop:443 HTTP/1.1\r\nHost: shop:443\r\n\r\n";
  EXPECT_EQ(Judged(connect).course.refused, 501);
  const Judged forwarded(connect, true);
  EXPECT_TRUE(forwarded.course.connect);
  EXPECT_TRUE(forwarded.writes("CONNECT shop:443 HTTP/1.1\r\nHost: shop:443\r\n"));
  for (const char* bad : {"CONNECT shop HTTP/1.1\r\nHost: shop", "CONNECT shop:0 HTTP/1.1\r\nHost: shop",
                          "CONNECT shop:99999 HTTP/1.1\r\nHost: shop", "CONNECT :443 HTTP/1.1\r\nHost: shop",
                          "CONNECT shop:443 HTTP/1.1\r\nHost: other:443", "CONNECT u@shop:443 HTTP/1.1\r\nHost: shop",
                          "CONNECT shop:443 HTTP/1.1\r\nHost: shop\r\nContent-Length: 1"}) {
    std::string line;
    const std::string bytes = std::string(bad) + "\r\n\r\n";
    RequestHead head;
    LiveOptions options;
    options.forward_connect = true;
    HeadScanner scanner;
    // Refused by whoever reads it first.
    if (scanner.scan(bytes, head) != ScanResult::complete) continue;
    EXPECT_EQ(choose_course(head, options, "a date", line).refused, 400) << bad;
  }
}

}  // namespace
}  // namespace truemirror
