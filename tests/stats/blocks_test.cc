#include "diff/stats/blocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "diff/stats/evidence.h"

namespace truemirror {
namespace {

// Blocks far enough apart that each may yield.
constexpr BlockIndex kApart = kBlocksPerBurst + 1;

TEST(Blocks, AThousandFailuresInOneBlockAreOneObservation) {
  BlockEvidence evidence;
  for (int i = 0; i < 1000; ++i) evidence.candidate_only(7, 7);
  evidence.settle_all();
  EXPECT_EQ(evidence.blocks_b(), 1u);
  EXPECT_DOUBLE_EQ(evidence.ln_e(), ln_evidence(1, 0));
}

TEST(Blocks, AnObservationIsTheSignOfTheDifferenceAndATieIsNone) {
  BlockEvidence evidence;
  const BlockIndex one = kApart, two = 2 * kApart, three = 3 * kApart;
  evidence.candidate_only(one, one), evidence.candidate_only(one, one), evidence.control_only(one, one);
  evidence.control_only(two, two);
  evidence.candidate_only(three, three), evidence.control_only(three, three);
  evidence.settle_all();
  EXPECT_EQ(evidence.blocks_b(), 1u);
  EXPECT_EQ(evidence.blocks_c(), 1u);
}

TEST(Blocks, ADisturbanceAsLongAsABurstIsOneObservationWhereverItBegins) {
  for (BlockIndex from = -9; from < 9; ++from) {
    BlockEvidence evidence;
    // Begins within a block, so it touches five.
    for (BlockIndex block = from; block <= from + kBlocksPerBurst; ++block) {
      for (int i = 0; i < 5; ++i) evidence.candidate_only(block, block);
    }
    evidence.settle_all();
    EXPECT_EQ(evidence.blocks_b(), 1u) << "from block " << from;
  }
}

TEST(Blocks, WhatIsAlwaysBadYieldsFourObservationsInFiveBursts) {
  BlockEvidence evidence;
  for (BlockIndex block = 0; block < 5 * kBlocksPerBurst * 10; ++block) evidence.candidate_only(block, block);
  evidence.settle_all();
  EXPECT_EQ(evidence.blocks_b(), 40u);
}

TEST(Blocks, ABlockCountsOnlyAfterItSettled) {
  BlockEvidence evidence;
  evidence.candidate_only(10, 10);
  EXPECT_FALSE(evidence.settle_one(10 + BlockEvidence::kSettleAfter - 1));
  EXPECT_EQ(evidence.blocks_b(), 0u);
  EXPECT_TRUE(evidence.settle_one(10 + BlockEvidence::kSettleAfter));
  EXPECT_EQ(evidence.blocks_b(), 1u);
  EXPECT_FALSE(evidence.settle_one(1000));
}

TEST(Blocks, AnArmThatTimesOutThirtyBurstsLateYieldsAsManyObservations) {
  BlockEvidence evidence;
  for (BlockIndex block = 0; block < 20 * kApart; ++block) {
    const BlockIndex now = block + 30 * kBlocksPerBurst;
    for (int i = 0; i < 3; ++i) evidence.candidate_only(block, now);
    while (evidence.settle_one(now)) {
    }
  }
  evidence.settle_all();
  EXPECT_EQ(evidence.blocks_b(), 20u);
}

TEST(Blocks, ALateSampleNeitherYieldsTwiceNorBesideWhatHasYielded) {
  BlockEvidence evidence;
  evidence.candidate_only(20, 20);
  EXPECT_TRUE(evidence.settle_one(50));
  for (BlockIndex late = 20 - kBlocksPerBurst; late <= 20 + kBlocksPerBurst; ++late) evidence.candidate_only(late, 60);
  evidence.settle_all();
  EXPECT_EQ(evidence.blocks_b(), 1u);
  evidence.candidate_only(20 + kApart, 60);
  evidence.settle_all();
  EXPECT_EQ(evidence.blocks_b(), 2u);
}

TEST(Blocks, WhichOfThemYieldDoesNotDependOnTheOrderOfSamples) {
  std::vector<BlockIndex> blocks(40);
  std::iota(blocks.begin(), blocks.end(), 100);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::shuffle(blocks.begin(), blocks.end(), std::mt19937_64(seed));
    BlockEvidence evidence;
    for (const BlockIndex block : blocks) {
      block % 3 == 0 ? evidence.control_only(block, 0) : evidence.candidate_only(block, 0);
    }
    evidence.settle_all();
    EXPECT_EQ(evidence.blocks_b(), 5u);
    EXPECT_EQ(evidence.blocks_c(), 3u);
  }
}

TEST(Blocks, NothingBeforeTheEpochOrFarApartConfusesTheRing) {
  BlockEvidence evidence;
  const BlockIndex far = 1'000'000'000;
  for (const BlockIndex block : {-far, BlockIndex{-1}, kApart, far, far - kApart, far - 5000}) {
    evidence.candidate_only(block, block);
    evidence.settle_all();
  }
  EXPECT_EQ(evidence.blocks_b(), 5u) << "all but the one beyond the span, of which nothing is known";
}

TEST(Blocks, KeepAtMostSixteenBurstsOpen) {
  BlockEvidence evidence;
  for (BlockIndex burst = 0; burst < 100; ++burst) evidence.candidate_only(2 * burst * kBlocksPerBurst, 0);
  EXPECT_EQ(evidence.blocks_b(), 100u - BlockEvidence::kMaxOpen);
}

TEST(Blocks, OfATimeAreQuartersOfABurstAlsoBeforeTheEpoch) {
  using std::chrono::milliseconds;
  EXPECT_EQ(block_at(milliseconds(1249), milliseconds(1000)), 4);
  EXPECT_EQ(block_at(milliseconds(1250), milliseconds(1000)), 5);
  EXPECT_EQ(block_at(milliseconds(-1), milliseconds(1000)), -1);
  EXPECT_EQ(block_at(milliseconds(100), milliseconds(100)), 4);
  EXPECT_EQ(block_at(std::chrono::microseconds(250), milliseconds(0)), 1) << "never shorter than a millisecond";
  EXPECT_EQ(burst_of(7), 1);
  EXPECT_EQ(burst_of(-1), -1);
}

TEST(Blocks, ClusteringIsOneForLoneFailuresAndTheSizeOfTheClumpsOtherwise) {
  BlockEvidence lone, clumps;
  for (BlockIndex block = 0; block < 50 * kBlocksPerBurst; ++block) {
    if (block % kBlocksPerBurst == 1) lone.candidate_only(block, block);
    for (int i = 0; i < 2; ++i) clumps.control_only(block, block);
  }
  EXPECT_DOUBLE_EQ(lone.clustering(), 1);
  EXPECT_DOUBLE_EQ(clumps.clustering(), 8);
  EXPECT_DOUBLE_EQ(BlockEvidence().clustering(), 1);
}

}  // namespace
}  // namespace truemirror
