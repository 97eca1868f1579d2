#include "diff/stats/latency_threshold.h"

#include <gtest/gtest.h>

#include <set>

namespace truemirror {
namespace {

TEST(LatencyThresholds, AreNotThereBeforeAHundredSamples) {
  LatencyThresholds thresholds;
  for (int i = 1; i < 100; ++i) thresholds.control(i);
  EXPECT_FALSE(thresholds.frozen());
  EXPECT_EQ(thresholds.missing(), 1u);
  thresholds.control(100);
  EXPECT_TRUE(thresholds.frozen());
  EXPECT_EQ(thresholds.missing(), 0u);
  EXPECT_EQ(thresholds.tau(0), 50);
  EXPECT_EQ(thresholds.tau(1), 90);
  EXPECT_EQ(thresholds.tau(2), 99);
}

TEST(LatencyThresholds, FreezeAgainAtEachDoublingAndThenEveryThousand) {
  LatencyThresholds thresholds;
  std::set<int> freezes;
  double before = thresholds.tau(0);
  for (int i = 1; i <= 5000; ++i) {
    thresholds.control(i);
    if (thresholds.tau(0) != before) freezes.insert(i);
    before = thresholds.tau(0);
  }
  EXPECT_EQ(freezes, (std::set<int>{100, 200, 400, 800, 1600, 2600, 3600, 4600}));
}

TEST(LatencyThresholds, LookBackAThousandSamples) {
  LatencyThresholds thresholds;
  for (int i = 1; i <= 2600; ++i) thresholds.control(i);
  EXPECT_EQ(thresholds.tau(0), 2100) << "the median of 1601 to 2600";
}

}  // namespace
}  // namespace truemirror
