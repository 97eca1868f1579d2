// A thread that stays with its sockets, and what it leaves them for. Where it should and did not, a test would not end.
#include "proxy/upstream/poller.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include "proxy/upstream/event_loop.h"
#include "proxy/upstream/task.h"
#include "tests/upstream/pair.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;
using testing::Pair;

class StayingPoller : public ::testing::Test {
 public:
  void end() {
    pair_.stream.close();
    loop_.stop();
  }

 protected:
  // Each byte that comes is an event, after which the thread stays.
  Task<> listen(std::function<void()> heard) {
    std::array<char, 1> byte{};
    for (;;) {
      const IoResult got = co_await pair_.stream.read_some(asio::buffer(byte));
      if (got.error) co_return;
      heard();
    }
  }
  void start(std::function<void()> heard) {
    loop_.poller.start(Poller::Stay::yes);
    spawn(listen(std::move(heard)), [] {});
    pair_.send("x");
  }

  EventLoop loop_;
  Pair pair_{loop_};
};

TEST_F(StayingPoller, LeavesForWhatIsInAHurry) {
  std::optional<Poller::Hurry> hurry;
  start([&] {
    hurry.emplace(loop_.poller);
    asio::post(loop_.io, [&] {
      hurry.reset();
      end();
    });
  });
  loop_.io.run();
  EXPECT_FALSE(hurry.has_value());
}

TEST_F(StayingPoller, LeavesForWhatAnotherThreadPosts) {
  std::promise<void> heard;
  start([&] { heard.set_value(); });
  std::thread thread([this] { loop_.io.run(); });
  heard.get_future().wait();
  loop_.post([this] { end(); });
  thread.join();
  EXPECT_FALSE(pair_.stream.is_open());
}

TEST_F(StayingPoller, LeavesAtATick) {
  bool came = false;
  start([&] {
    asio::post(loop_.io, [&] {
      came = true;
      end();
    });
  });
  loop_.poller.start_ticking();
  loop_.io.run();
  EXPECT_TRUE(came);
}

TEST_F(StayingPoller, SeesToItsDeadlines) {
  DeadlineClock::Watch watch(loop_.clock, [](void* self) { static_cast<StayingPoller*>(self)->end(); }, this);
  start([&] { watch.arm(3 * DeadlineClock::kTick); });
  loop_.poller.start_ticking();
  loop_.io.run();
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace truemirror
