// What a client is allowed, and what it gets beyond that: an answer where one is possible, a count always, and service
// for everybody else. Limits here are short; nothing depends on how long a thing took.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"
#include "tests/scenarios/with_limits.h"

namespace truemirror::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// One live thread, no mirroring, these limits.
TEST(Limits, AHeadIsBoundedInItsBytesItsFieldsAndItsTarget) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits& limits) {
                limits.head_bytes = 1'000;
                limits.header_count = 10;
                limits.target_bytes = 100;
              }));
  std::string fields;
  for (int i = 0; i < 10; ++i) fields += "A: b\r\n";
  EXPECT_EQ(status_of(Client(proxy.port()).get("/", "A: " + std::string(1'000, 'a') + "\r\n")), 431);
  EXPECT_EQ(status_of(Client(proxy.port()).get("/", fields)), 431);
  EXPECT_EQ(status_of(Client(proxy.port()).get("/" + std::string(100, 'a'))), 414);
  EXPECT_EQ(status_of(Client(proxy.port()).get("/")), 200);
  const LiveStats stats = proxy.live_stats();
  EXPECT_EQ(stats.hits(Limit::head_bytes), 1u);
  EXPECT_EQ(stats.hits(Limit::header_count), 1u);
  EXPECT_EQ(stats.hits(Limit::target_bytes), 1u);
  EXPECT_EQ(stable.asked().size(), 1u);
}

TEST(Limits, ABodyThatIsAnnouncedTooLargeNeverReachesStable) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits& limits) { limits.body_bytes = 10; }));
  Client client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(status_of(client.receive("POST")), 413);
  Client allowed(proxy.port());
  allowed.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789");
  EXPECT_EQ(status_of(allowed.receive("POST")), 200);
  EXPECT_EQ(stable.asked().size(), 1u);
  EXPECT_EQ(proxy.live_stats().hits(Limit::body_bytes), 1u);
}

TEST(Limits, AChunkedBodyIsCutOffWhereItGrowsTooLarge) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits& limits) { limits.body_bytes = 10; }));
  Client at_once(proxy.port());
  at_once.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n");
  EXPECT_EQ(status_of(at_once.receive("POST")), 413);
  EXPECT_EQ(at_once.receive_all(), "");
  Client later(proxy.port());
  later.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n");
  later.send("6\r\n56789a\r\n");
  EXPECT_EQ(status_of(later.receive("POST")), 413);
  EXPECT_EQ(later.receive_all(), "");
  Client announces(proxy.port());
  announces.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n6\r\n");
  EXPECT_EQ(status_of(announces.receive("POST")), 413);
  EXPECT_EQ(stable.asked().size(), 0u);  // no whole request
  EXPECT_EQ(proxy.live_stats().hits(Limit::body_bytes), 3u);
}

TEST(Limits, ASurplusConnectionIsAnsweredAndTheOthersAreServed) {
  std::promise<void> asked, go;
  Upstream stable([&](const Asked& request, Socket& socket) {
    if (request.request.target == "/slow") {
      asked.set_value();
      go.get_future().wait();
    }
    return socket.send(ok("x"));
  });
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits& limits) { limits.connections = 1; }));
  Client busy(proxy.port());
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  asked.get_future().wait();
  Client surplus(proxy.port());
  const std::string refused = surplus.receive_all();  // without a word from it
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_THAT(refused, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_FALSE(surplus.socket().was_reset());
  go.set_value();
  EXPECT_EQ(status_of(busy.receive()), 200);
  EXPECT_EQ(proxy.live_stats().hits(Limit::connections), 1u);
  EXPECT_EQ(proxy.live_stats().connections, 1u);
}

TEST(Limits, AtTheLimitAConnectionThatIdlesMakesRoom) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits& limits) { limits.connections = 1; }));
  Client idle(proxy.port());
  ASSERT_EQ(status_of(idle.get("/")), 200);
  // Its session waits for a request once the loop has come round.
  EXPECT_TRUE(eventually([&] { return status_of(Client(proxy.port()).get("/")) == 200; }));
  EXPECT_EQ(idle.receive_all(), "");
}

TEST(Limits, AnAddressHasItsShareOfConnections) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits& limits) { limits.connections_per_address = 1; }));
  Client first(proxy.port());
  ASSERT_EQ(status_of(first.get("/")), 200);
  EXPECT_EQ(status_of(Client(proxy.port()).receive()), 503);
  EXPECT_EQ(status_of(first.get("/")), 200);
  EXPECT_EQ(proxy.live_stats().hits(Limit::connections_per_address), 1u);
}

TEST(Limits, RequestsWaitForAConnectionToStableWhereTheirNumberIsLimited) {
  std::promise<void> asked, go;
  Upstream stable([&](const Asked& request, Socket& socket) {
    if (request.request.target == "/slow") {
      asked.set_value();
      go.get_future().wait();
    }
    return socket.send(ok(request.request.target));
  });
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits& limits) {
                limits.stable_connections = 1;
                limits.connect_timeout = milliseconds(500);
              }));
  Client first(proxy.port()), late(proxy.port()), second(proxy.port());
  first.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  asked.get_future().wait();
  const auto refused = late.get("/late");
  ASSERT_EQ(status_of(refused), 503);
  EXPECT_EQ(refused->headers.get("retry-after"), "1");
  second.send("GET /second HTTP/1.1\r\nHost: a\r\n\r\n");
  go.set_value();
  EXPECT_EQ(status_of(first.receive()), 200);
  EXPECT_EQ(second.receive()->body.bytes, "/second");
  EXPECT_EQ(late.get("/again")->body.bytes, "/again");  // it was kept
  EXPECT_EQ(proxy.live_stats().hits(Limit::stable_connections), 1u);
}

TEST(Limits, AConnectionEndsInOrderAfterItsLastRequest) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits& limits) { limits.requests_per_connection = 2; }));
  Client client(proxy.port());
  EXPECT_EQ(status_of(client.get("/")), 200);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.receive_all(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(proxy.live_stats().hits(Limit::requests_per_connection), 1u);
}

TEST(Limits, OverTheBudgetForBuffersNewRequestsAreRefused) {
  Upstream stable([](const Asked& asked, Socket& socket) {
    return asked.request.target == "/endless" ? never_ends()(asked, socket) : socket.send(ok("x"));
  });
  Proxy proxy(stable.url(), kNowhere, "",
              with_limits([](LiveLimits& limits) { limits.buffer_bytes = BlockPool::kBlockBytes; }));
  EXPECT_EQ(status_of(Client(proxy.port()).get("/")), 200);
  {
    Client reads_nothing(proxy.port());
    reads_nothing.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return status_of(Client(proxy.port()).get("/")) == 503; }));
    EXPECT_GT(proxy.live_stats().hits(Limit::buffer_bytes), 0u);
  }
  EXPECT_TRUE(eventually([&] { return status_of(Client(proxy.port()).get("/")) == 200; }));
}

TEST(Limits, ManyHalfHeadsHoldNoBlocks) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "",
              with_limits([](LiveLimits& limits) { limits.buffer_bytes = BlockPool::kBlockBytes; }));
  std::vector<Client> slow;
  for (int i = 0; i < 20; ++i) slow.emplace_back(proxy.port()).send("GET / HTTP/1.1\r\nHo");
  EXPECT_TRUE(eventually([&] { return proxy.live_stats().bytes_from_clients >= 360; }));
  EXPECT_EQ(status_of(Client(proxy.port()).get("/")), 200);
  for (Client& client : slow) {
    client.send("st: a\r\n\r\n");
    EXPECT_EQ(status_of(client.receive()), 200);
  }
}

}  // namespace
}  // namespace truemirror::testing
