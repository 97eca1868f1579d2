// The live path over real sockets: what a client gets is what stable said.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

TEST(Relay, ForwardsRequestAndResponseAndKeepsBothConnections) {
  Upstream stable(always(ok(R"({"a":1})")));
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  for (int round = 0; round < 3; ++round) {
    const auto response = client.get("/orders/1?x=2", "Accept: a\r\nConnection: X-Hop\r\nX-Hop: 1\r\n");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body.bytes, R"({"a":1})");
    EXPECT_FALSE(response->headers.has("via"));
  }
  const auto asked = stable.asked();
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ(asked[0].request.target, "/orders/1?x=2");
  EXPECT_EQ(asked[0].request.headers.get("x-forwarded-for"), "127.0.0.1");
  EXPECT_EQ(asked[0].request.headers.get("x-forwarded-host"), "test");
  EXPECT_FALSE(asked[0].request.headers.has("x-hop"));
  EXPECT_FALSE(asked[0].request.headers.has("via"));  // nginx would not compress
}

TEST(Relay, BodiesStreamBothWaysInEitherFraming) {
  Upstream stable([](const Asked& asked, Socket& socket) {
    const std::string body = asked.request.body.bytes;
    socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (std::size_t at = 0; at < body.size(); at += 100'000) {
      char size[16];
      const std::string piece = body.substr(at, 100'000);
      std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
      socket.send(size + piece + "\r\n");
    }
    return socket.send("0\r\nX-Sum: 7\r\n\r\n");
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  const std::string body(1'000'000, 'b');
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + body);
  auto response = client.receive("POST");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.bytes, body);
  EXPECT_EQ(response->trailers.get("x-sum"), "7");
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  client.send("6\r\n world\r\n0\r\n\r\n");
  response = client.receive("POST");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.bytes, "hello world");
}

TEST(Relay, TrailersAreThoseOfTheirOwnResponse) {
  Upstream stable([](const Asked& asked, Socket& socket) {
    if (asked.request.target == "/first") {
      return socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-User: one\r\n\r\n");
    }
    socket.send("HTTP/1.0 200 OK\r\n\r\nwhole");  // ends with the connection, and reaches the client in chunks
    return false;
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  EXPECT_EQ(client.get("/first")->trailers.get("x-user"), "one");
  const auto second = client.get("/second");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->body.bytes, "whole");
  EXPECT_TRUE(second->trailers.empty());
}

TEST(Relay, HeadAnd204And304HaveNoBodyAndInterimResponsesGoOn) {
  Upstream stable([](const Asked& asked, Socket& socket) {
    const std::string& target = asked.request.target;
    if (target == "/early") return socket.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok("late"));
    if (target == "/204") return socket.send("HTTP/1.1 204 No Content\r\n\r\n");
    if (target == "/304") return socket.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n");
    return socket.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive("HEAD")->headers.get("content-length"), "9");
  EXPECT_EQ(client.get("/204")->status, 204);
  EXPECT_EQ(client.get("/304")->status, 304);
  EXPECT_EQ(client.get("/early")->body.bytes, "late");
}

TEST(Relay, CloseDelimitedBodiesBecomeChunkedAndTruncatedOnesStayTruncated) {
  Upstream stable([](const Asked& asked, Socket& socket) {
    socket.send(asked.request.target == "/cut" ? "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
                                               : "HTTP/1.0 200 OK\r\n\r\nwhole");
    return false;
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  const auto response = client.get("/");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.bytes, "whole");
  EXPECT_FALSE(client.get("/cut"));
}

TEST(Relay, AStableThatFailsIsAnsweredForWithAReason) {
  Upstream garbage(talks_garbage());
  Proxy proxy(garbage.url(), kNowhere, "", no_mirroring);
  auto response = Client(proxy.port()).get("/");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 502);
  EXPECT_NE(response->body.bytes.find("stable_garbage"), std::string::npos);

  Proxy nowhere(kNowhere, kNowhere, "", no_mirroring);
  response = Client(nowhere.port()).get("/");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_NE(response->body.bytes.find("stable_unreachable"), std::string::npos);

  Upstream silent(hangs());
  Proxy waiting(silent.url(), kNowhere, "", [](ProxySetup& setup) {
    setup.plan.fraction = 0;
    setup.live.limits.response_timeout = std::chrono::milliseconds(100);
  });
  response = Client(waiting.port()).get("/");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 504);
}

TEST(Relay, AnEarlyResponseReachesAClientThatIsStillSending) {
  std::uint16_t port = 0;
  Socket listener = Socket::listen(port);
  std::thread early([&] {
    Socket socket = listener.accept();
    while (socket.receive().find("\r\n\r\n") == std::string::npos) {
    }
    socket.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
    socket.shutdown_send();
    while (!socket.receive().empty()) {
    }
  });
  Proxy proxy("http://127.0.0.1:" + std::to_string(port), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n" + std::string(100'000, 'x'));
  const auto response = client.receive("POST");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413);
  EXPECT_EQ(response->body.bytes, "big");
  client.socket().close();
  early.join();
}

TEST(Relay, AClientThatLeavesInTheMiddleOfItsRequestLeavesNothingBehind) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  {
    Client client(proxy.port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  }
  EXPECT_EQ(Client(proxy.port()).get("/")->status, 200);
  EXPECT_TRUE(eventually([&] { return proxy.live_stats().requests == 2; }));
  const Report report = proxy.finish();
  EXPECT_EQ(proxy.live_stats().open_connections, 0u);
  EXPECT_EQ(report.totals.requests, 2u);
}

TEST(Relay, WhatClientsAreToldOfAFailureNamesNoAddress) {
  Proxy proxy(kNowhere, kNowhere, "", no_mirroring);
  const auto response = Client(proxy.port()).get("/");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.bytes.find("127.0.0.1"), std::string::npos);
}

TEST(Relay, WhatALoadBalancerInFrontHasSaidStands) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  ASSERT_TRUE(
      Client(proxy.port())
          .get("/", "X-Forwarded-For: 10.1.2.3\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n"));
  const Headers headers = stable.asked()[0].request.headers;
  EXPECT_EQ(headers.get("x-forwarded-for"), "10.1.2.3, 127.0.0.1");
  EXPECT_EQ(headers.get("x-forwarded-proto"), "https");
  EXPECT_EQ(headers.get("x-forwarded-host"), "shop.example");
  EXPECT_EQ(headers.count("x-forwarded-proto"), 1u);
}

// The worst that a proxy can do is to give one user another's answer.
TEST(Relay, BytesThatCameWhileAConnectionIdledAreNobodysResponse) {
  std::atomic<int> poisoned{0};
  Upstream stable([&](const Asked& asked, Socket& socket) {
    socket.send(ok(asked.request.target));
    if (asked.request.target != "/twice") return true;
    const bool sent = socket.send(ok("POISON"));
    ++poisoned;
    return sent;
  });
  Proxy proxy(stable.url(), kNowhere, "", [](ProxySetup& setup) { setup.plan.fraction = 0, setup.live.threads = 1; });
  Client first(proxy.port());
  for (int round = 1; round <= 20; ++round) {
    EXPECT_EQ(first.get("/twice")->body.bytes, "/twice");
    while (poisoned < round) std::this_thread::yield();
    Client victim(proxy.port());
    EXPECT_EQ(victim.get("/victim")->body.bytes, "/victim");
    EXPECT_EQ(victim.get("/again")->body.bytes, "/again");
  }
}

TEST(Relay, EveryForwardedForLineKeepsItsPlaceAndTheClientIsLast) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  ASSERT_TRUE(Client(proxy.port()).get("/", "X-Forwarded-For: forged\r\nX-Forwarded-For: 10.1.2.3\r\n"));
  const Headers headers = stable.asked()[0].request.headers;
  EXPECT_EQ(headers.get("x-forwarded-for"), "forged, 10.1.2.3, 127.0.0.1");
  EXPECT_EQ(headers.count("x-forwarded-for"), 1u);
}

TEST(Relay, AHeadThatDoesNotComeInTimeIsAnsweredWith408) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", [](ProxySetup& setup) {
    setup.plan.fraction = 0;
    setup.live.limits.header_timeout = std::chrono::milliseconds(500);
  });
  Client client(proxy.port());
  client.send("GET / HTTP/1.1\r\nHos");
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
}

TEST(Relay, DrainEndsAnExchangeThatWaitsForStableWhenItsTimeIsOver) {
  std::promise<void> asked;
  Upstream stable([&](const Asked&, Socket& socket) {
    asked.set_value();
    return !socket.receive().empty();  // until truemirror leaves
  });
  Proxy proxy(stable.url(), kNowhere, "",
              [](ProxySetup& setup) { setup.live.limits.response_timeout = std::chrono::hours(1); });
  Client client(proxy.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  asked.get_future().wait();
  const Report report = proxy.finish(std::chrono::milliseconds(50));
  EXPECT_EQ(client.receive(), std::nullopt);
  // Neither the client's doing nor stable's.
  EXPECT_EQ(report.totals.dropped, (std::map<std::string, std::uint64_t>{{"shutdown", 1}}));
  EXPECT_EQ(proxy.live_stats().client_aborts, 0U);
}

TEST(Relay, IdleConnectionsToStableAreClosedAfterTheirTime) {
  std::promise<void> closed;
  std::uint16_t port = 0;
  Socket listener = Socket::listen(port);
  std::thread server([&] {
    Socket socket = listener.accept();
    EXPECT_NE(socket.receive(), "");
    socket.send(ok("x"));
    while (!socket.receive().empty()) {
    }
    closed.set_value();
  });
  Proxy proxy("http://127.0.0.1:" + std::to_string(port), kNowhere, "", [](ProxySetup& setup) {
    setup.plan.fraction = 0;
    setup.live.stable.max_idle_time = std::chrono::milliseconds(1);
  });
  EXPECT_EQ(Client(proxy.port()).get("/")->status, 200);
  EXPECT_EQ(closed.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  server.join();
}

TEST(Relay, AClientThatSendsButNeverReadsIsLeftAfterItsTime) {
  std::uint16_t port = 0;
  Socket listener = Socket::listen(port);
  std::thread endless([&] {
    Socket socket = listener.accept();
    EXPECT_NE(socket.receive(), "");
    std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
    while (socket.send(bytes)) bytes.assign(65'536, 'x');
  });
  Proxy proxy("http://127.0.0.1:" + std::to_string(port), kNowhere, "", [](ProxySetup& setup) {
    setup.plan.fraction = 0;
    setup.live.limits.body_timeout = std::chrono::milliseconds(500);
  });
  Client client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + std::string(10, 'a'));
  // The write to the client waits once nothing more goes out.
  std::uint64_t sent = 0;
  auto since = std::chrono::steady_clock::now();
  EXPECT_TRUE(eventually([&] {
    const auto now = std::chrono::steady_clock::now();
    if (proxy.live_stats().bytes_to_clients != std::exchange(sent, proxy.live_stats().bytes_to_clients)) since = now;
    return sent > 0 && now - since > std::chrono::milliseconds(50);
  }));
  client.send(std::string(90, 'a'));  // ends the upload; it must not end the deadline of that write
  EXPECT_TRUE(eventually([&] { return proxy.live_stats().open_connections == 0; }));
  endless.join();
}

TEST(Relay, DrainLetsARunningExchangeEndAndClosesIdleConnections) {
  std::promise<void> asked;
  std::promise<void> go;
  Upstream stable([&](const Asked&, Socket& socket) {
    asked.set_value();
    go.get_future().wait();
    return socket.send(ok("done"));
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client idle(proxy.port());
  Client busy(proxy.port());
  busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  asked.get_future().wait();
  std::thread drain([&] { proxy.finish(); });
  EXPECT_EQ(idle.receive_all(), "");
  go.set_value();
  const auto response = busy.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.bytes, "done");
  drain.join();
}

}  // namespace
}  // namespace truemirror::testing
