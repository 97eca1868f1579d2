// exchange_timeout: whatever an exchange waits for when its time is over, the client gets an error for an answer where
// it has nothing of a response yet, and a truncation that it can see where it has. Counted once, and under no other
// name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/scenarios/deaf.h"
#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"
#include "tests/scenarios/with_limits.h"

namespace truemirror::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::StartsWith;

// No other limit of time comes into it.
std::function<void(ProxySetup&)> with_time(const std::function<void(LiveLimits&)>& change = [](LiveLimits&) {}) {
  return with_limits([change](LiveLimits& limits) {
    limits.exchange_timeout = milliseconds(200);
    limits.header_timeout = limits.body_timeout = limits.rate_grace = hours(1);
    limits.connect_timeout = limits.response_timeout = hours(1);
    change(limits);
  });
}

void expect_counted(const Proxy& proxy, std::uint64_t times = 1) {
  const LiveStats stats = proxy.live_stats();
  for (std::size_t at = 0; at < kLimits; ++at)
    EXPECT_EQ(stats.limit_hits.at(at), at == static_cast<std::size_t>(Limit::exchange_timeout) ? times : 0u)
        << kLimitNames.at(at);
}

TEST(ExchangeTime, AStableThatDoesNotAnswerIsA504AndLosesItsConnectionWhileTheClientGoesOn) {
  std::atomic<bool> closed = false;
  Upstream stable([&](const Asked& asked, Socket& socket) {
    if (asked.request.target != "/slow") return socket.send(ok("x"));
    closed = socket.receive().empty();
    return false;
  });
  Proxy proxy(stable.url(), kNowhere, "", with_time());
  Client client(proxy.port());
  ASSERT_EQ(status_of(client.get("/")), 200);
  EXPECT_EQ(status_of(client.get("/slow")), 504);
  EXPECT_TRUE(eventually([&] { return closed.load(); }));
  EXPECT_EQ(status_of(client.get("/")), 200);
  EXPECT_EQ(stable.asked().size(), 3u);  // on a kept connection, yet not asked again
  expect_counted(proxy);
}

TEST(ExchangeTime, AStableThatTakesNoConnectionIsA504InTime) {
  Deaf stable;
  Proxy proxy(stable.url(), kNowhere, "", with_time());
  EXPECT_EQ(status_of(Client(proxy.port()).get("/")), 504);
  expect_counted(proxy);
}

TEST(ExchangeTime, WhoWaitsForAConnectionToStableWaitsNoLonger) {
  Upstream stable(hangs());
  Proxy proxy(stable.url(), kNowhere, "", with_time([](LiveLimits& limits) { limits.stable_connections = 1; }));
  Client first(proxy.port()), second(proxy.port());
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return stable.asked().size() == 1; }));
  EXPECT_EQ(status_of(second.get("/")), 504);
  EXPECT_EQ(status_of(first.receive()), 504);
  expect_counted(proxy, 2);
}

TEST(ExchangeTime, After100ContinueThereMayStillBeA504) {
  Conversation stable([](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send("HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(socket.receive_until("body"), "body");
    EXPECT_EQ(socket.receive(), "");
  });
  Proxy proxy(stable.url(), kNowhere, "", with_time());
  Client client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.socket().receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  EXPECT_EQ(status_of(client.receive("POST")), 504);
  expect_counted(proxy);
}

TEST(ExchangeTime, ABodyThatTheClientDoesNotSendIsA408) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", with_time());
  Client client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + std::string(10, 'a'));
  EXPECT_EQ(status_of(client.receive("POST")), 408);
  EXPECT_EQ(client.receive_all(), "");
  expect_counted(proxy);
}

TEST(ExchangeTime, ABodyThatStableDoesNotTakeIsA504) {
  std::promise<void> answered;
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    answered.get_future().wait();
  });
  Proxy proxy(stable.url(), kNowhere, "", with_time());
  Client client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
  std::thread sending([&] {
    const std::string megabyte(1'000'000, 'a');
    while (client.send(megabyte)) {  // ends in a reset: the rest is nobody's
    }
  });
  EXPECT_TRUE(eventually([&] { return proxy.live_stats().responses[5] == 1; }));
  expect_counted(proxy);
  answered.set_value();
  sending.join();
}

TEST(ExchangeTime, AHeadThatTheClientDoesNotEndIsA408) {
  Proxy proxy(kNowhere, kNowhere, "", with_time());
  Client client(proxy.port());
  client.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(status_of(client.receive()), 408);
  expect_counted(proxy);
}

TEST(ExchangeTime, AnIdleConnectionIsNoExchange) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "",
              with_time([](LiveLimits& limits) { limits.idle_timeout = milliseconds(500); }));
  Client client(proxy.port());
  ASSERT_EQ(status_of(client.get("/")), 200);
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_TRUE(eventually([&] { return proxy.live_stats().hits(Limit::idle_timeout) == 1; }));
  EXPECT_EQ(proxy.live_stats().hits(Limit::exchange_timeout), 0u);
}

// What a client gets of a response that begins with `sent` and never ends.
std::string cut_off(const std::string& sent, const std::string& version, bool& reset) {
  Upstream stable([&](const Asked&, Socket& socket) { return socket.send(sent) && !socket.receive().empty(); });
  Proxy proxy(stable.url(), kNowhere, "", with_time());
  Client client(proxy.port());
  client.send("GET / " + version + "\r\nHost: a\r\n\r\n");
  const std::string got = client.receive_all();
  reset = client.socket().was_reset();
  expect_counted(proxy);
  return got;
}

TEST(ExchangeTime, AResponseThatHasBegunIsCutOffSoThatTheClientCanTell) {
  bool reset = false;
  const std::string sized = cut_off("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1", reset);
  EXPECT_THAT(sized, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(sized, EndsWith("\r\n\r\nhalf"));
  const std::string chunked =
      cut_off("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "HTTP/1.1", reset);
  EXPECT_THAT(chunked, EndsWith("\r\n\r\n4\r\nhalf\r\n"));
  // Without a length only a reset tells.
  EXPECT_THAT(cut_off("HTTP/1.1 200 OK\r\n\r\nhalf", "HTTP/1.0", reset), EndsWith("\r\n\r\nhalf"));
  EXPECT_TRUE(reset);
}

}  // namespace
}  // namespace truemirror::testing
