#include "proxy/shadow/drain_pace.h"

#include <gtest/gtest.h>

#include <vector>

#include "proxy/upstream/task.h"

namespace truemirror {
namespace {

constexpr std::size_t kSecondBytes = DrainPace::kBytesASecond;
constexpr std::size_t kTickBytes = kSecondBytes / 20;

class DrainPaceTest : public ::testing::Test {
 protected:
  Task<> reads(int who, std::size_t bytes, int times = 1) {
    while (times-- > 0) {
      co_await pace_.turn();
      pace_.spent(bytes);
      order_.push_back(who);
    }
  }
  void start(int who, std::size_t bytes, int times = 1) {
    spawn(reads(who, bytes, times), [] {});
  }
  void tick() { clock_.advance(clock_.now() + DeadlineClock::kTick); }

  DeadlineClock clock_;  // nobody ticks it: the test's own time
  DrainPace pace_{clock_};
  std::vector<int> order_;
};

TEST_F(DrainPaceTest, GivesASecondsBytesAtOnceAndThenMakesWait) {
  start(1, kSecondBytes / 2);
  start(2, kSecondBytes / 2);
  EXPECT_EQ(order_, (std::vector{1, 2}));
  start(3, 1);
  EXPECT_EQ(order_.size(), 2u);
  tick();
  EXPECT_EQ(order_, (std::vector{1, 2, 3}));
}

TEST_F(DrainPaceTest, ServesThoseWhoWaitInTheirOrder) {
  start(0, kSecondBytes);
  start(1, kTickBytes, 2);
  start(2, kTickBytes, 2);
  start(3, 1);
  for (int at = 0; at < 8; ++at) tick();
  EXPECT_EQ(order_, (std::vector{0, 1, 2, 3, 1, 2}));
}

// A reader that took more than was left is paid for by those who come next.
TEST_F(DrainPaceTest, KeepsTheRateHoweverMuchIsWanted) {
  constexpr int kSeconds = 3;
  for (int who = 0; who < 8; ++who) start(who, kTickBytes * 3 / 4, 20);
  const std::size_t at_once = order_.size();
  EXPECT_EQ(at_once, 27u);  // 20 ticks' bytes in pieces of three quarters
  for (int at = 0; at < 20 * kSeconds; ++at) tick();
  EXPECT_NEAR(static_cast<double>(order_.size() - at_once), 20 * kSeconds * 4 / 3.0, 2);
  for (int at = 0; at < 20 * 3; ++at) tick();
  EXPECT_EQ(order_.size(), 160u);
}

TEST_F(DrainPaceTest, SavesUpNoMoreThanASecond) {
  start(0, kSecondBytes);
  clock_.advance(clock_.now() + std::chrono::hours(1));
  start(1, kSecondBytes);
  start(2, 1);
  EXPECT_EQ(order_, (std::vector{0, 1}));
  tick();
  EXPECT_EQ(order_, (std::vector{0, 1, 2}));
}

}  // namespace
}  // namespace truemirror
