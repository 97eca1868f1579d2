// Kept connections, over real sockets: which one a request may take, and which go.
#include "proxy/upstream/pool.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>
#include <vector>

namespace truemirror {
namespace {

using namespace std::chrono_literals;

// A server that is only connected to, and hangs up when told.
class Listener {
 public:
  Listener() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(descriptor_, 16), 0);
    EXPECT_EQ(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() {
    for (const int peer : peers_) ::close(peer);
    ::close(descriptor_);
  }
  Listener(const Listener&) = delete;

  [[nodiscard]] UpstreamUrl url() const {
    return UpstreamUrl::parse("http://127.0.0.1:" + std::to_string(port_)).value();
  }
  void accept() { peers_.push_back(::accept(descriptor_, nullptr, nullptr)); }
  void hang_up(std::size_t peer) { ::close(std::exchange(peers_.at(peer), -1)); }
  void send(std::size_t peer, std::string_view bytes) const {
    EXPECT_EQ(::send(peers_.at(peer), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  // Whether the other side has closed that connection.
  [[nodiscard]] bool was_left(std::size_t peer) const {
    char byte = 0;
    return ::recv(peers_.at(peer), &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
  std::vector<int> peers_;
};

class PoolTest : public ::testing::Test {
 public:
  PoolTest() { loop.start(); }
  ~PoolTest() override {
    loop.stop();
    loop.io.poll();
  }

 protected:
  PoolOptions options(std::size_t max_idle = 64) { return {.url = server.url(), .max_idle = max_idle, .tls = nullptr}; }

  // A connection of the pool's, and whether it is a new one.
  std::unique_ptr<Connection> acquire(Pool& pool, Reuse reuse) {
    Dialed out;
    bool done = false;
    spawn(pool.acquire(reuse), [&](Dialed dialed) { out = std::move(dialed), done = true; });
    while (!done && loop.io.run_one_for(10s) > 0) {
    }
    EXPECT_EQ(out.error, ArmError::none) << out.detail;
    if (out.connection && !out.connection->reused) server.accept();
    return std::move(out.connection);
  }
  // So many at once, and back.
  void fill(Pool& pool, std::size_t count) {
    std::vector<std::unique_ptr<Connection>> used;
    for (std::size_t at = 0; at < count; ++at) used.push_back(acquire(pool, Reuse::none));
    for (auto& connection : used) pool.release(std::move(connection));
  }
  void until_idle(Pool& pool, std::size_t count) {
    while (pool.idle() != count && loop.io.run_one_for(10s) > 0) {
    }
    EXPECT_EQ(pool.idle(), count);
  }

  EventLoop loop;
  Listener server;
};

TEST_F(PoolTest, TheNewestIsReusedAndIsOnlyOnceInUse) {
  Pool pool(loop, options());
  fill(pool, 2);
  auto newest = pool.take_idle(Reuse::quiet);
  auto other = pool.take_idle(Reuse::quiet);
  ASSERT_TRUE(newest && other);
  EXPECT_TRUE(newest->reused);
  EXPECT_EQ(pool.take_idle(Reuse::quiet), nullptr);
  const Connection* const last = other.get();
  pool.release(std::move(newest));
  pool.release(std::move(other));
  EXPECT_EQ(pool.take_idle(Reuse::quiet).get(), last);
}

TEST_F(PoolTest, AConnectionThatTheUpstreamClosesWhileItIdlesGoesAtOnce) {
  Pool pool(loop, options());
  fill(pool, 3);
  server.hang_up(1);
  until_idle(pool, 2);
  server.send(2, "HTTP/1.1 408 Request Timeout\r\n\r\n");  // nobody asked
  until_idle(pool, 1);
  EXPECT_FALSE(server.was_left(0));
}

TEST_F(PoolTest, OneThatWasClosedBeforeTheLoopHasSeenItIsNotTaken) {
  Pool pool(loop, options());
  fill(pool, 1);
  server.hang_up(0);
  while (pool.idle() != 0 && loop.io.poll_one() > 0) {
  }
  EXPECT_EQ(pool.take_idle(Reuse::quiet), nullptr);
}

TEST_F(PoolTest, WhatMayNotBeSentTwiceGetsANewConnectionFromAnUpstreamThatIsNotKnown) {
  Pool pool(loop, options());
  fill(pool, 1);
  EXPECT_EQ(pool.take_idle(Reuse::young), nullptr);
  EXPECT_FALSE(acquire(pool, Reuse::young)->reused);
  EXPECT_EQ(pool.idle(), 1U) << "it is kept for what can be sent again";
}

TEST_F(PoolTest, WhatTheUpstreamSaysMakesAnAgeSafe) {
  Pool pool(loop, options());
  auto connection = acquire(pool, Reuse::none);
  connection->heed("timeout=60");
  pool.release(std::move(connection));
  EXPECT_TRUE(acquire(pool, Reuse::young)->reused);
}

TEST_F(PoolTest, TheLastRequestThatTheUpstreamTakesEndsTheConnection) {
  Pool pool(loop, options());
  auto connection = acquire(pool, Reuse::none);
  connection->heed("timeout=60, max=1");
  pool.release(std::move(connection));
  EXPECT_EQ(pool.idle(), 0U);
  EXPECT_TRUE(server.was_left(0));
}

TEST_F(PoolTest, AnAgeCountsFromTheResponsesEndAndNotFromTheRelease) {
  Pool pool(loop, options());
  auto connection = acquire(pool, Reuse::none);
  connection->heed("timeout=60");
  connection->falls_idle();
  connection->idle_since -= 59s;  // a client that takes its time
  pool.release(std::move(connection));
  EXPECT_EQ(pool.take_idle(Reuse::quiet), nullptr);
}

TEST_F(PoolTest, AConnectionThatIsLostUnderARequestTeachesItsAge) {
  Pool pool(loop, options());
  auto connection = acquire(pool, Reuse::none);
  connection->falls_idle();
  connection->idle_since -= 1s;
  pool.release(std::move(connection));
  connection = pool.take_idle(Reuse::quiet);
  ASSERT_TRUE(connection);
  pool.lost(*connection);
  connection->falls_idle();
  connection->idle_since -= 1s;
  pool.release(std::move(connection));
  EXPECT_EQ(pool.take_idle(Reuse::quiet), nullptr);
}

TEST_F(PoolTest, ASettingOfZeroKeepsNone) {
  PoolOptions none = options();
  none.keep_alive = 0ms;
  Pool pool(loop, none);
  fill(pool, 1);
  EXPECT_EQ(pool.idle(), 0U);
}

TEST_F(PoolTest, NoMoreAreKeptThanMayBeAndTheOldestMakesRoom) {
  Pool pool(loop, options(2));
  fill(pool, 3);
  EXPECT_EQ(pool.idle(), 2U);
  EXPECT_TRUE(server.was_left(0));
  const auto in_use = acquire(pool, Reuse::none);  // those in use count: descriptors are bounded
  EXPECT_EQ(pool.idle(), 1U);
  EXPECT_TRUE(server.was_left(1));
}

TEST_F(PoolTest, ClosingLetsGoOfConnectionsWhoseEndHasComeUnseen) {
  Pool pool(loop, options());
  fill(pool, 8);
  for (std::size_t peer = 0; peer < 8; ++peer) server.hang_up(peer);
  loop.io.poll_one();
  pool.close();
  EXPECT_EQ(pool.idle(), 0U);
}

}  // namespace
}  // namespace truemirror
