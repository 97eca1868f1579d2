#include "capture/schedule.h"

#include <gtest/gtest.h>

#include "fixtures.h"

namespace truemirror {
namespace {

using std::chrono::milliseconds;

TEST(ReplaySchedule, DueTimesAreTheRecordedOffsetsOverTheSpeed) {
  ReplaySchedule twice({2.0, std::nullopt});
  EXPECT_EQ(twice.due(test_time(5'000'000)), milliseconds(0));
  EXPECT_EQ(twice.due(test_time(105'000'000)), milliseconds(50));
  EXPECT_EQ(twice.due(test_time(105'000'000)), milliseconds(50));
  // A clock that was set back does not send into the past.
  EXPECT_EQ(twice.due(test_time(1'000'000)), milliseconds(50));
  EXPECT_EQ(twice.due(test_time(205'000'000)), milliseconds(100));
}

TEST(ReplaySchedule, ARateReplacesTheRecordedTimes) {
  ReplaySchedule even({1.0, 250.0});
  for (int count = 0; count < 5; ++count) EXPECT_EQ(even.due(test_time(count * count)), milliseconds(4 * count));
}

TEST(ReplaySchedule, AnAbsurdSpeedStaysWithinTime) {
  ReplaySchedule slow({1e-300, std::nullopt});
  EXPECT_EQ(slow.due(test_time(0)), milliseconds(0));
  EXPECT_GT(slow.due(test_time(1)), std::chrono::hours(24 * 365));
}

TEST(ConnectionOrder, OneRequestAConnectionIsInFlightAndTheOthersComeInOrder) {
  ConnectionOrder order;
  EXPECT_TRUE(order.start(1, 10));
  EXPECT_FALSE(order.start(1, 11));
  EXPECT_TRUE(order.start(2, 20));
  EXPECT_FALSE(order.start(1, 12));
  EXPECT_EQ(order.waiting(), 2U);
  EXPECT_EQ(order.finished(1), 11U);
  EXPECT_EQ(order.finished(2), std::nullopt);
  EXPECT_EQ(order.finished(1), 12U);
  EXPECT_EQ(order.finished(1), std::nullopt);
  EXPECT_TRUE(order.start(1, 13));
  EXPECT_EQ(order.waiting(), 0U);
}

TEST(Lateness, TellsQuantilesAndBothRates) {
  Lateness lateness;
  for (int count = 0; count < 100; ++count) {
    const Nanoseconds due = milliseconds(10 * count);
    lateness.add(due, due + milliseconds(count == 99 ? 500 : 2));
  }
  const ReplayFidelity fidelity = lateness.fidelity();
  EXPECT_EQ(fidelity.sent, 100U);
  EXPECT_NEAR(fidelity.intended_rate, 99 / 0.99, 1e-9);
  EXPECT_NEAR(fidelity.achieved_rate, 99 / 1.488, 1e-9);
  EXPECT_GE(fidelity.lateness_p50, milliseconds(2));
  EXPECT_LE(fidelity.lateness_p50.count(), 2'000'000 * 1.016);
  EXPECT_LE(fidelity.lateness_p99.count(), 2'000'000 * 1.016);
  EXPECT_EQ(fidelity.lateness_max, milliseconds(500));
}

TEST(Lateness, EarlyCountsAsOnTimeAndNothingSentIsNoRate) {
  EXPECT_EQ(Lateness().fidelity().intended_rate, 0);
  EXPECT_EQ(Lateness().fidelity().lateness_p99, Nanoseconds(0));
  Lateness early;
  early.add(milliseconds(5), milliseconds(4));
  EXPECT_EQ(early.fidelity().lateness_max, Nanoseconds(0));
  EXPECT_EQ(early.fidelity().achieved_rate, 0);
}

TEST(Lateness, QuantilesStayWithinTheirErrorOverAllMagnitudes) {
  for (std::int64_t late = 1; late < 4'000'000'000'000'000'000; late = late * 3 + 1) {
    Lateness lateness;
    lateness.add(Nanoseconds(0), Nanoseconds(late));
    lateness.add(Nanoseconds(0), Nanoseconds(std::int64_t{9'000'000'000'000'000'000}));
    const auto p50 = static_cast<double>(lateness.fidelity().lateness_p50.count());
    EXPECT_GE(p50, static_cast<double>(late) * 0.999999);
    EXPECT_LE(p50, static_cast<double>(late) * (1 + 1.0 / 64));
  }
}

}  // namespace
}  // namespace truemirror
