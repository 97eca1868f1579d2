#include <gtest/gtest.h>

#include <random>

#include "diff/report/sample_sketch.h"
#include "diff/report/signature.h"

namespace truemirror {
namespace {

SampleSketch sketch(std::uint64_t from, std::uint64_t to, std::uint64_t step = 1) {
  SampleSketch made;
  for (std::uint64_t i = from; i < to; i += step) made.add(sample_hash(i));
  return made;
}

TEST(SampleSketch, IsExactForSetsThatItHolds) {
  EXPECT_DOUBLE_EQ(jaccard(sketch(0, 20), sketch(10, 30)), 10.0 / 30);
  EXPECT_DOUBLE_EQ(jaccard(sketch(0, 20), sketch(0, 20)), 1);
  EXPECT_DOUBLE_EQ(jaccard(sketch(0, 20), SampleSketch()), 0);
  EXPECT_DOUBLE_EQ(jaccard(SampleSketch(), SampleSketch()), 0);
}

TEST(SampleSketch, EstimatesWhatItDoesNotHold) {
  EXPECT_NEAR(jaccard(sketch(0, 9500), sketch(500, 10'000)), 0.9, 0.12);
  EXPECT_LT(jaccard(sketch(0, 10'000), sketch(0, 10'000, 2)), 0.75);
  EXPECT_DOUBLE_EQ(jaccard(sketch(0, 10'000), sketch(0, 10'000)), 1);
}

TEST(SampleSketch, MergingIsTheSameAsAddingTogetherInAnyOrder) {
  SampleSketch evens = sketch(0, 3000, 2);
  evens.merge(sketch(1, 3000, 2));
  EXPECT_EQ(evens.hashes(), sketch(0, 3000).hashes());
  EXPECT_EQ(evens.hashes().size(), SampleSketch::kSize);
}

}  // namespace
}  // namespace truemirror
