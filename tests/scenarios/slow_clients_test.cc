// Clients that take their time, and a stable that does: each is held to its limit, and the limit is counted.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "tests/scenarios/deaf.h"
#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"
#include "tests/scenarios/with_limits.h"

namespace truemirror::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(SlowClients, WhoConnectsAndSaysNothingHasTheTimeOfAHead) {
  Proxy proxy(kNowhere, kNowhere, "",
              with_limits([](LiveLimits& limits) { limits.header_timeout = milliseconds(50); }));
  EXPECT_EQ(Client(proxy.port()).receive_all(), "");
  EXPECT_TRUE(eventually([&] { return proxy.live_stats().hits(Limit::header_timeout) == 1; }));
}

TEST(SlowClients, AKeptConnectionIsClosedWhenItHasIdledForLong) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "",
              with_limits([](LiveLimits& limits) { limits.idle_timeout = milliseconds(50); }));
  Client client(proxy.port());
  ASSERT_EQ(status_of(client.get("/")), 200);
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_TRUE(eventually([&] { return proxy.live_stats().hits(Limit::idle_timeout) == 1; }));
}

TEST(SlowClients, ABodyBelowItsRateIsAnsweredWith408) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits& limits) {
                limits.request_rate = 1'000'000;
                limits.rate_grace = milliseconds(100);
                limits.body_timeout = hours(1);
              }));
  Client client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + std::string(10, 'a'));
  EXPECT_EQ(status_of(client.receive("POST")), 408);
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(proxy.live_stats().hits(Limit::request_rate), 1u);
  EXPECT_EQ(stable.asked().size(), 0u);
}

TEST(SlowClients, ABodyOfWhichNothingComesIsAnsweredWith408) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits& limits) {
                limits.request_rate = 0;
                limits.body_timeout = milliseconds(100);
              }));
  Client client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
  EXPECT_EQ(status_of(client.receive("POST")), 408);
  EXPECT_EQ(proxy.live_stats().hits(Limit::body_timeout), 1u);
}

// Asks for a response without end, reads nothing of it, and waits until it is left.
void read_nothing(Proxy& proxy) {
  Client client(proxy.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return proxy.live_stats().connections == 1; }));
  EXPECT_TRUE(eventually([&] { return proxy.live_stats().open_connections == 0; }));
  EXPECT_NE(client.receive_all(), "");
  EXPECT_TRUE(client.socket().was_reset());
}

TEST(SlowClients, AReaderBelowItsRateIsLeft) {
  Upstream stable(never_ends());
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits& limits) {
                limits.response_rate = 1'000'000'000;
                limits.rate_grace = milliseconds(150);
                limits.body_timeout = hours(1);
              }));
  read_nothing(proxy);
  EXPECT_EQ(proxy.live_stats().hits(Limit::response_rate), 1u);
}

TEST(SlowClients, AReaderThatTakesNothingIsLeft) {
  Upstream stable(never_ends());
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits& limits) {
                limits.response_rate = 0;
                limits.body_timeout = milliseconds(200);
              }));
  read_nothing(proxy);
  EXPECT_EQ(proxy.live_stats().hits(Limit::body_timeout), 1u);
}

TEST(SlowStable, AResponseThatDoesNotComeInTimeIsA504) {
  Upstream stable(hangs());
  Proxy proxy(stable.url(), kNowhere, "",
              with_limits([](LiveLimits& limits) { limits.response_timeout = milliseconds(100); }));
  EXPECT_EQ(status_of(Client(proxy.port()).get("/")), 504);
  EXPECT_EQ(proxy.live_stats().hits(Limit::response_timeout), 1u);
}

TEST(SlowStable, AConnectionThatIsNotTakenInTimeIsA504) {
  Deaf stable;
  Proxy proxy(stable.url(), kNowhere, "",
              with_limits([](LiveLimits& limits) { limits.connect_timeout = milliseconds(100); }));
  EXPECT_EQ(status_of(Client(proxy.port()).get("/")), 504);
  EXPECT_EQ(proxy.live_stats().hits(Limit::connect_timeout), 1u);
}

// UBSan asks the system for descriptors itself and takes a refusal for a fault of ours: the TSan run has this test.
#if !defined(__SANITIZE_ADDRESS__)

// No new descriptor in this process while it lives; what is open stays open.
class NoDescriptors {
 public:
  NoDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const int lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(lowest_free);
    rlimit now = before_;
    now.rlim_cur = static_cast<rlim_t>(lowest_free);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &now), 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(Descriptors, WhereThereAreNoneLeftAClientIsToldAndLaterOnesAreServed) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", with_limits([](LiveLimits&) {}));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(proxy.port());
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int early = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  {
    const NoDescriptors none;
    ASSERT_EQ(::connect(early, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    answer = Socket(early).receive();
  }
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 503");
  EXPECT_GE(proxy.live_stats().accept_errors, 1u);
  EXPECT_EQ(status_of(Client(proxy.port()).get("/")), 200);
}

#endif

}  // namespace
}  // namespace truemirror::testing
