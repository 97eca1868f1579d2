// Connections that stop speaking HTTP: WebSocket and other upgrades, CONNECT.
#include <gtest/gtest.h>

#include <future>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

constexpr const char* kAsk =
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n";
constexpr const char* kGrant =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s\r\n\r\n";

std::string every_byte() {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  return all;
}

// A client in a tunnel, once stable has granted it.
struct InTunnel {
  explicit InTunnel(const Proxy& proxy, const std::string& more = "") : client(proxy.port()) {
    client.send(kAsk + more);
    head = client.socket().receive_until("\r\n\r\n");
  }
  Client client;
  std::string head;
};

TEST(Tunnel, BytesPassUntouchedBothWaysAlsoThoseThatCameWithTheHeads) {
  const std::string all = every_byte();
  std::string asked;
  Conversation stable([&](const Socket& socket) {
    asked = socket.receive_until("\r\n\r\n");
    socket.send(std::string(kGrant) + "with the head");
    EXPECT_EQ(socket.receive_until("early"), "early");  // which goes on once there is a tunnel
    EXPECT_EQ(socket.receive_until(all), all);
    socket.send(all);
    EXPECT_EQ(socket.receive(), "");
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send(std::string(kAsk) + "early");
  const std::string head = client.socket().receive_until("\r\n\r\n");
  EXPECT_NE(head.find("HTTP/1.1 101 "), std::string::npos);
  EXPECT_NE(head.find("\r\nSec-WebSocket-Accept: s\r\n"), std::string::npos);
  EXPECT_NE(head.find("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"), std::string::npos);
  EXPECT_EQ(client.socket().receive_until("head"), "with the head");
  client.send(all);
  EXPECT_EQ(client.socket().receive_until(all), all);
  EXPECT_EQ(proxy.live_stats().tunnels, 1u);
  EXPECT_EQ(proxy.live_stats().open_tunnels, 1u);
  client.socket().close();
  EXPECT_TRUE(eventually([&] { return proxy.live_stats().open_tunnels == 0; }));
  EXPECT_NE(asked.find("\r\nSec-WebSocket-Key: k\r\n"), std::string::npos);
  EXPECT_NE(asked.find("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"), std::string::npos);
}

TEST(Tunnel, MuchGoesBothWaysAtOnceWhereNeitherReadsAhead) {
  const std::string down(3'000'000, 'd');
  const std::string up(5'000'000, 'u');
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send(kGrant);
    std::thread sending([&] { socket.send(down); });
    std::size_t got = 0;
    for (std::string bytes = socket.receive(); !bytes.empty(); bytes = socket.receive()) got += bytes.size();
    EXPECT_EQ(got, up.size());
    sending.join();
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  InTunnel in(proxy);
  std::thread sending([&] {
    in.client.send(up);
    in.client.socket().shutdown_send();
  });
  EXPECT_EQ(in.client.receive_all(), down);
  sending.join();
}

TEST(Tunnel, EitherSideMayEndItsDirectionAndGoOnReading) {
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send(kGrant);
    EXPECT_EQ(socket.receive_until("last words"), "last words");
    EXPECT_EQ(socket.receive(), "");
    socket.send("answer");
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  InTunnel in(proxy);
  in.client.send("last words");
  in.client.socket().shutdown_send();
  EXPECT_EQ(in.client.receive_all(), "answer");
  EXPECT_FALSE(in.client.socket().was_reset());

  Conversation done([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send(kGrant);
    socket.shutdown_send();
    EXPECT_EQ(socket.receive_until("still here"), "still here");
  });
  Proxy other(done.url(), kNowhere, "", no_mirroring);
  InTunnel half(other);
  EXPECT_EQ(half.client.receive_all(), "");
  half.client.send("still here");
}

TEST(Tunnel, WhereOneSideBreaksOffTheOtherSeesThat) {
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send(kGrant);
    EXPECT_EQ(socket.receive_until("go"), "go");
    socket.reset_on_close();
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  InTunnel in(proxy);
  in.client.send("go");
  EXPECT_EQ(in.client.receive_all(), "");
  EXPECT_TRUE(in.client.socket().was_reset());
}

TEST(Tunnel, ASwitchThatNobodyAskedForIsGarbage) {
  const std::string head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n";
  for (const std::string& answer :
       {head + "Upgrade: h2c\r\n\r\n", head + "\r\n", head + "Upgrade: websocket, h2c\r\n\r\n"}) {
    Upstream stable(always(answer));
    Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
    Client client(proxy.port());
    client.send(kAsk);
    EXPECT_EQ(client.receive()->status, 502) << answer;
    EXPECT_EQ(proxy.live_stats().tunnels, 0u);
  }
  Upstream stable(always(kGrant));
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  EXPECT_EQ(Client(proxy.port()).get("/")->status, 502);
  EXPECT_EQ(Client(proxy.port()).get("/", "Upgrade: websocket\r\n")->status, 502);
  EXPECT_EQ(Client(proxy.port()).get("/", "Connection: Upgrade\r\nUpgrade: h2c\r\n")->status, 502);
}

TEST(Tunnel, AnUpgradeThatIsNotGrantedLeavesAnOrdinaryExchange) {
  Upstream stable([](const Asked& asked, Socket& socket) {
    if (asked.request.target != "/chat") return socket.send(ok("next"));
    return socket.send(
        "HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nno");
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send(kAsk);
  const std::string head = client.socket().receive_until("no");
  EXPECT_NE(head.find("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"), std::string::npos) << head;
  EXPECT_EQ(client.get("/next")->body.bytes, "next");
}

TEST(Tunnel, IsNeverMirrored) {
  Upstream stable([](const Asked& asked, Socket& socket) {
    return asked.request.target == "/chat" ? socket.send(kGrant) && !socket.receive().empty() : socket.send(ok("x"));
  });
  Upstream candidate(always(ok("x")));
  Proxy proxy(stable.url(), candidate.url());
  {
    const InTunnel in(proxy);
    EXPECT_NE(in.head, "");
  }
  EXPECT_EQ(Client(proxy.port()).get("/plain")->status, 200);
  const Report report = proxy.finish();
  EXPECT_EQ(report.totals.sampled, 1u);
  ASSERT_EQ(candidate.asked().size(), 1u);
  EXPECT_EQ(candidate.asked()[0].request.target, "/plain");
}

TEST(Tunnel, InWhichNothingMovesEndsAfterItsTime) {
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send(kGrant);
    EXPECT_EQ(socket.receive(), "");
  });
  Proxy proxy(stable.url(), kNowhere, "", [](ProxySetup& setup) {
    setup.plan.fraction = 0;
    setup.live.limits.tunnel_timeout = std::chrono::milliseconds(100);
  });
  InTunnel in(proxy);
  EXPECT_EQ(in.client.receive_all(), "");
  EXPECT_TRUE(eventually([&] { return proxy.live_stats().open_connections == 0; }));
}

TEST(Tunnel, DrainEndsItWhenItsTimeIsOver) {
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send(kGrant);
    EXPECT_EQ(socket.receive(), "");
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  InTunnel in(proxy);
  proxy.finish(std::chrono::milliseconds(50));
  EXPECT_EQ(in.client.receive_all(), "");
  EXPECT_EQ(proxy.live_stats().open_tunnels, 0u);
}

void forward_connect(ProxySetup& setup) {
  setup.plan.routes = {{.match = "**", .methods = {"CONNECT"}, .fraction = 1.0}};
  setup.live.forward_connect = true;
}

TEST(Tunnel, ConnectIsRefusedUnlessItIsForwardedAndNeverMirrored) {
  constexpr const char* kConnect = "CONNECT shop:443 HTTP/1.1\r\nHost: shop:443\r\n\r\n";
  Conversation stable([&](const Socket& socket) {
    EXPECT_EQ(socket.receive_until("\r\n\r\n").find("CONNECT shop:443 HTTP/1.1\r\nHost: shop:443\r\n"), 0u);
    // RFC 9110 §9.3.6: the length of such a response means nothing.
    socket.send("HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(socket.receive_until("hello"), "hello");
    socket.send("olleh");
  });
  Upstream candidate(always(ok("x")));
  Proxy refusing(stable.url(), candidate.url());
  Client refused(refusing.port());
  refused.send(kConnect);
  EXPECT_EQ(refused.receive()->status, 501);

  Proxy proxy(stable.url(), candidate.url(), "", forward_connect);
  Client client(proxy.port());
  client.send(kConnect);
  const std::string head = client.socket().receive_until("\r\n\r\n");
  EXPECT_EQ(head.find("HTTP/1.1 200 Connection established\r\n"), 0u);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  client.send("hello");
  EXPECT_EQ(client.receive_all(), "olleh");
  EXPECT_EQ(proxy.finish().totals.sampled, 0u);
  EXPECT_EQ(candidate.asked().size(), 0u);
}

TEST(Tunnel, BytesAfterAConnectThatFailsAreNoRequest) {
  Upstream stable(
      always("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"));
  Proxy proxy(stable.url(), kNowhere, "", forward_connect);
  Client client(proxy.port());
  client.send("CONNECT shop:443 HTTP/1.1\r\nHost: shop:443\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 407);
  EXPECT_EQ(response->headers.get("proxy-authenticate"), "Basic");
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(stable.asked().size(), 1u);
}

}  // namespace
}  // namespace truemirror::testing
