#include "proxy/shadow/drain_pace.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <vector>

#include "proxy/upstream/task.h"

namespace truemirror {
namespace {

constexpr std::size_t kTickBytes = DrainPace::kBytesASecond / 20;

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

  boost::asio::io_context io_;
  DeadlineClock clock_{io_};  // never started: the test's own time
  DrainPace pace_{clock_};
  std::vector<int> order_;
};

TEST_F(DrainPaceTest, GivesATickItsBytesAtOnceAndThenMakesWait) {
  start(1, kTickBytes / 2 + 1);
  start(2, kTickBytes / 2 + 1);
  EXPECT_EQ(order_, (std::vector{1, 2}));
  start(3, 1);
  EXPECT_EQ(order_.size(), 2u);
  tick();
  EXPECT_EQ(order_, (std::vector{1, 2, 3}));
}

TEST_F(DrainPaceTest, ServesThoseWhoWaitInTheirOrder) {
  start(0, kTickBytes);
  start(1, kTickBytes, 2);
  start(2, kTickBytes, 2);
  start(3, 1);
  for (int at = 0; at < 5; ++at) tick();
  EXPECT_EQ(order_, (std::vector{0, 1, 2, 3, 1, 2}));
}

// A reader that took more than was left is paid for by the next ticks, whoever it was.
TEST_F(DrainPaceTest, KeepsTheRateOverManyTicks) {
  constexpr int kTicks = 20;
  for (int who = 0; who < 8; ++who) start(who, kTickBytes * 3 / 4, 5);
  for (int at = 1; at < kTicks; ++at) tick();
  EXPECT_GE(order_.size(), kTicks * 4 / 3 - 1);
  EXPECT_LE(order_.size(), kTicks * 4 / 3 + 1);
  for (int at = 0; at < 4 * kTicks; ++at) tick();
  EXPECT_EQ(order_.size(), 40u);
}

TEST_F(DrainPaceTest, SavesNothingUpWhileNobodyReads) {
  start(0, kTickBytes);
  clock_.advance(clock_.now() + std::chrono::hours(1));
  start(1, kTickBytes);
  start(2, 1);
  EXPECT_EQ(order_, (std::vector{0, 1}));
  tick();
  EXPECT_EQ(order_, (std::vector{0, 1, 2}));
}

}  // namespace
}  // namespace truemirror
