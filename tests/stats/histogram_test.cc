#include "diff/stats/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace truemirror {
namespace {

constexpr double kRelativeError = 0.01083;

TEST(Histogram, QuantilesAreRightTo108PerCentWhateverTheDistribution) {
  std::mt19937_64 random(3);
  for (int run = 0; run < 200; ++run) {
    std::lognormal_distribution<double> seconds(std::uniform_real_distribution<>(-15, 8)(random), run % 7 * 0.5);
    std::vector<double> values(1 + static_cast<std::size_t>(run) * 7);
    Histogram histogram;
    for (double& value : values) histogram.record(value = std::clamp(seconds(random), 1e-9, 1e6));
    std::sort(values.begin(), values.end());
    for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto rank = std::max(1.0, std::ceil(q * static_cast<double>(values.size())));
      const double exact = values[static_cast<std::size_t>(rank) - 1];
      EXPECT_NEAR(histogram.quantile(q), exact, kRelativeError * exact) << "q " << q << " of " << values.size();
    }
    EXPECT_EQ(histogram.max(), values.back());
  }
}

TEST(Histogram, MergingIsTheSameAsRecordingTogether) {
  std::mt19937_64 random(4);
  std::lognormal_distribution<double> seconds(-4, 3);
  for (int run = 0; run < 50; ++run) {
    Histogram one, other, all;
    for (int i = 0; i < 100; ++i) {
      const double value = seconds(random);
      (i % 3 == run % 3 ? one : other).record(value);
      all.record(value);
    }
    one.merge(other);
    EXPECT_EQ(one.buckets(), all.buckets());
    EXPECT_EQ(one.offset(), all.offset());
    EXPECT_EQ(one.count(), 100u);
    EXPECT_EQ(one.max(), all.max());
  }
}

TEST(Histogram, OfNothingSaysZeroAndMergesAsNothing) {
  Histogram empty, one;
  EXPECT_EQ(empty.quantile(0.5), 0);
  one.record(0.25);
  one.merge(empty);
  empty.merge(one);
  EXPECT_EQ(empty.count(), 1u);
  EXPECT_EQ(empty.buckets(), one.buckets());
}

TEST(Histogram, ClampsWhatNoLatencyCanBeAndLeavesNanOut) {
  Histogram histogram;
  histogram.record(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(histogram.count(), 0u);
  histogram.record(-1);
  histogram.record(0);
  histogram.record(std::numeric_limits<double>::infinity());
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.max(), 1e6);
  EXPECT_NEAR(histogram.quantile(0.5), 1e-9, 1.1e-11);
  EXPECT_LE(histogram.buckets().size(), 1600u);
}

TEST(Histogram, ComesBackFromItsPartsAndRefusesPartsThatNoRecordingLeaves) {
  Histogram histogram;
  for (const double seconds : {0.001, 0.002, 0.4}) histogram.record(seconds);
  const auto back = Histogram::restore(histogram.offset(), histogram.buckets(), histogram.sum(), histogram.max());
  EXPECT_EQ(back.count(), 3u);
  EXPECT_EQ(back.quantile(0.5), histogram.quantile(0.5));
  EXPECT_EQ(back.max(), 0.4);
  EXPECT_EQ(back.sum(), histogram.sum());

  EXPECT_EQ(Histogram::restore(1'000'000, {1}, 1, 1).count(), 0u);
  EXPECT_LE(Histogram::restore(0, std::vector<std::uint64_t>(100'000, 1), 1, 1).buckets().size(), 1600u);
}

}  // namespace
}  // namespace truemirror
