// A thread that stays with its sockets, and what it leaves them for. Where it should and did not, a test would not end.
#include "proxy/upstream/poller.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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
  std::vector<std::string> order_;

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
  start([&] { loop_.soon([&] { end(); }); });
  loop_.io.run();
  EXPECT_FALSE(pair_.stream.is_open());
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

// A thread that was late is no reason for a timeout.
TEST_F(StayingPoller, TakesWhatHasComeBeforeItLooksAtTheClock) {
  const auto give_up = [](void* self) {
    static_cast<StayingPoller*>(self)->order_.emplace_back("deadline");
    static_cast<StayingPoller*>(self)->end();
  };
  DeadlineClock::Watch watch(loop_.clock, give_up, this);
  start([&] { order_.emplace_back("byte"); });
  watch.arm(DeadlineClock::kNextTick);
  loop_.poller.start_ticking();
  std::this_thread::sleep_for(2 * DeadlineClock::kTick);
  loop_.io.run();
  EXPECT_EQ(order_, (std::vector<std::string>{"byte", "deadline"}));
}

}  // namespace
}  // namespace truemirror
