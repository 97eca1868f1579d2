// A client's connection from request to request: pipelining, half-closing, closing, keeping, and what errors leave.
#include <gtest/gtest.h>

#include <future>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

void one_thread(ProxySetup& setup) {
  setup.plan.fraction = 0;
  setup.live.threads = 1;
}

TEST(Connection, PipelinedRequestsAreAnsweredInOrder) {
  Upstream stable([](const Asked& asked, Socket& socket) { return socket.send(ok(asked.request.target)); });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /3 "
      "HTTP/1.1\r\nHost: a\r\n\r\n");
  for (const char* target : {"/1", "/2", "/3"}) {
    const auto response = client.receive();
    ASSERT_TRUE(response) << target;
    EXPECT_EQ(response->body.bytes, target);
  }
}

TEST(Connection, AClientThatHasSaidAllStillGetsItsAnswers) {
  std::promise<void> half_closed;
  auto closed = half_closed.get_future().share();
  Upstream stable([&](const Asked& asked, Socket& socket) {
    closed.wait();
    return socket.send(ok(asked.request.target));
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  client.socket().shutdown_send();
  half_closed.set_value();
  EXPECT_EQ(client.receive()->body.bytes, "/1");
  EXPECT_EQ(client.receive("POST")->body.bytes, "/2");
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_FALSE(client.socket().was_reset());
}

// Closing over bytes unread would be a reset. That of a line end behind a body some clients still send.
TEST(Connection, AClientThatSaysCloseIsPartedFromInOrderWhateverItStillSends) {
  Upstream stable([](const Asked& asked, Socket& socket) { return socket.send(ok(asked.request.target)); });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  for (const char* more : {"", "\r\n", "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    Client client(proxy.port());
    client.send(std::string("POST /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx") +
                more);
    EXPECT_EQ(client.receive("POST")->body.bytes, "/last");
    EXPECT_EQ(client.receive_all(), "");
    EXPECT_FALSE(client.socket().was_reset());
  }
  EXPECT_TRUE(eventually([&] { return proxy.live_stats().open_connections == 0; }));
  EXPECT_EQ(stable.asked().size(), 3u);
}

TEST(Connection, ARequestThatEndsTooEarlyNeverReachesStableAsAWholeOne) {
  std::promise<std::string> got;
  Conversation stable([&](const Socket& socket) {
    std::string all;
    for (std::string bytes = socket.receive(); !bytes.empty(); bytes = socket.receive()) all += bytes;
    got.set_value(all);
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
  client.socket().shutdown_send();
  const std::string all = got.get_future().get();
  EXPECT_NE(all.find("half"), std::string::npos);
  EXPECT_EQ(all.find("0\r\n\r\n"), std::string::npos);
}

TEST(Connection, AnErrorOfStableLeavesItOpenForTheNextRequest) {
  Upstream stable([](const Asked& asked, Socket& socket) {
    return socket.send(asked.request.target == "/bad" ? "garbage\r\n\r\n" : ok("fine"));
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send("GET /bad HTTP/1.1\r\nHost: a\r\n\r\nGET /good HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive()->status, 502);
  EXPECT_EQ(client.receive()->body.bytes, "fine");
  client.send("POST /bad HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(client.receive("POST")->status, 502);
  EXPECT_EQ(client.get("/good")->body.bytes, "fine");
}

TEST(Connection, AMalformedRequestEndsItAndNothingBehindItIsRead) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send("GET / HTTP/1.1\r\nHost : a\r\n\r\nGET /behind HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string all = client.receive_all();
  EXPECT_EQ(all.find("HTTP/1.1 400 "), 0u);
  EXPECT_EQ(all.find("HTTP/1.1 ", 1), std::string::npos);
  EXPECT_EQ(stable.asked().size(), 0u);
}

TEST(Connection, EitherSideMayCloseItsOwn) {
  Upstream stable([](const Asked& asked, Socket& socket) {
    return socket.send(ok("x", asked.request.target == "/last" ? "Connection: close\r\n" : "")) &&
           asked.request.target != "/last";
  });
  Proxy proxy(stable.url(), kNowhere, "", one_thread);
  Client client(proxy.port());
  // Stable's close is not the client's.
  client.send("GET /last HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.socket().receive_until("\r\n\r\nx").find("Connection:"), std::string::npos);
  EXPECT_EQ(client.get("/")->status, 200);
  // And the client's is not stable's.
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.receive_all().find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(stable.asked().back().head.find("Connection: close"), std::string::npos);
}

TEST(Connection, AnHttp10ClientGetsPlainBytesAndAClosedConnection) {
  Upstream stable(always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  const std::string all = client.receive_all();
  EXPECT_EQ(all.substr(all.find("\r\n\r\n") + 4), "abc");
}

TEST(Connection, AnHttp10ClientKeepsItWhereItAsksForThatAndTheLengthIsKnown) {
  Upstream stable([](const Asked& asked, Socket& socket) {
    return socket.send(asked.request.target == "/sized"
                           ? ok("x")
                           : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send("GET /sized HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(client.socket().receive_until("\r\n\r\nx").find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  client.send("GET /unsized HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string all = client.receive_all();
  EXPECT_EQ(all.find("Transfer-Encoding"), std::string::npos);
  EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(all.substr(all.size() - 5), "\r\n\r\nx");
}

// Stable closes each connection after its answer and says nothing of it: the next request may meet the close.
TEST(Connection, ARaceWithStablesCloseIsRetriedForIdempotentRequestsOnly) {
  std::atomic<int> posts{0};
  Upstream stable([&](const Asked& asked, Socket& socket) {
    if (asked.request.target == "/close") return false;  // without an answer
    if (asked.request.method == "POST") ++posts;
    return socket.send(ok(asked.request.target));
  });
  Proxy proxy(stable.url(), kNowhere, "", one_thread);
  Client client(proxy.port());
  EXPECT_EQ(client.get("/warm")->status, 200);
  EXPECT_EQ(client.get("/close")->status, 502);  // twice without an answer
  EXPECT_EQ(proxy.live_stats().retries, 1u);
  EXPECT_EQ(client.get("/warm")->status, 200);
  client.send("POST /close HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(client.receive("POST")->status, 502);
  EXPECT_EQ(proxy.live_stats().retries, 1u);
  EXPECT_EQ(stable.asked().size(), 5u);
}

TEST(Connection, TwoTruemirrorsInARowAreNoLoopAndOneThatAsksItselfIs) {
  Upstream stable(always(ok("x", "Via: 1.1 cache\r\n")));
  Proxy inner(stable.url(), kNowhere, "", no_mirroring);
  Proxy outer("http://127.0.0.1:" + std::to_string(inner.port()), kNowhere, "", no_mirroring);
  const auto response = Client(outer.port()).get("/", "Via: 1.0 edge\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->headers.get("via"), "1.1 cache");
  const Headers asked = stable.asked()[0].request.headers;
  EXPECT_EQ(asked.get("via"), "1.0 edge");
  EXPECT_EQ(asked.count("x-truemirror-passed"), 2u);

  std::uint16_t own = 0;
  Socket::listen(own).close();  // a port that was free a moment ago
  Proxy itself("http://127.0.0.1:" + std::to_string(own), kNowhere, "", [&](ProxySetup& setup) {
    setup.plan.fraction = 0;
    setup.live.listen_port = own;
  });
  EXPECT_EQ(Client(itself.port()).get("/")->status, 508);
  EXPECT_EQ(itself.live_stats().loops, 1u);
}

TEST(Connection, FieldsKeepTheirCaseOrderAndWhatCachesSay) {
  Upstream stable(always(
      "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nx-LOWER: 1\r\nCache-Control: private\r\nContent-Range: bytes "
      "0-1/9\r\n"
      "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 2\r\n\r\nab"));
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send(
      "GET / HTTP/1.1\r\nHOST: a\r\nRange: bytes=0-1\r\nif-None-Match: W/\"x\"\r\nIf-Range: \"a\"\r\nAccept: "
      "b\r\n\r\n");
  const std::string head = client.socket().receive_until("\r\n\r\n");
  EXPECT_NE(
      head.find("\r\nETag: \"a\"\r\nx-LOWER: 1\r\nCache-Control: private\r\nContent-Range: bytes 0-1/9\r\n"
                "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 2\r\n"),
      std::string::npos)
      << head;
  EXPECT_NE(stable.asked()[0].head.find(
                "\r\nHOST: a\r\nRange: bytes=0-1\r\nif-None-Match: W/\"x\"\r\nIf-Range: \"a\"\r\nAccept: b\r\n"),
            std::string::npos);
}

TEST(Connection, OptionsOfTheWholeServerStaysThat) {
  Upstream stable(always(ok("x")));
  Upstream candidate(always(ok("x")));
  Proxy proxy(stable.url(), candidate.url());
  Client client(proxy.port());
  client.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\nOPTIONS http://a HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\n\r\n");
  EXPECT_EQ(client.receive("OPTIONS")->status, 200);
  EXPECT_EQ(client.receive("OPTIONS")->status, 200);
  proxy.finish();
  for (const Upstream* upstream : {&stable, &candidate}) {
    ASSERT_EQ(upstream->asked().size(), 2u);
    for (const Asked& asked : upstream->asked()) EXPECT_EQ(asked.request.target, "*");
  }
  EXPECT_EQ(stable.asked()[1].request.headers.get("max-forwards"), "0");
}

}  // namespace
}  // namespace truemirror::testing
