#include "diff/stats/blocks.h"

#include <gtest/gtest.h>

#include "diff/stats/evidence.h"

namespace truemirror {
namespace {

TEST(Blocks, AThousandFailuresInOneBlockAreOneObservation) {
  BlockEvidence evidence;
  for (int i = 0; i < 1000; ++i) evidence.candidate_only(7, 7);
  evidence.settle_all();
  EXPECT_EQ(evidence.blocks_b(), 1u);
  EXPECT_DOUBLE_EQ(evidence.ln_e(), ln_evidence(1, 0));
}

TEST(Blocks, AnObservationIsTheSignOfTheDifferenceAndATieIsNone) {
  BlockEvidence evidence;
  evidence.candidate_only(1, 1), evidence.candidate_only(1, 1), evidence.control_only(1, 1);
  evidence.control_only(2, 2);
  evidence.candidate_only(3, 3), evidence.control_only(3, 3);
  evidence.settle_all();
  EXPECT_EQ(evidence.blocks_b(), 1u);
  EXPECT_EQ(evidence.blocks_c(), 1u);
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

TEST(Blocks, AnArmThatTimesOutThirtyBlocksLateStillYieldsOneObservationABlock) {
  BlockEvidence evidence;
  for (BlockIndex block = 0; block < 20; ++block) {
    for (int i = 0; i < 3; ++i) evidence.candidate_only(block, block + 30);
    while (evidence.settle_one(block + 30)) {
    }
  }
  evidence.settle_all();
  EXPECT_EQ(evidence.blocks_b(), 20u);
}

TEST(Blocks, ALateSampleDoesNotMakeABlockYieldTwice) {
  BlockEvidence evidence;
  evidence.candidate_only(5, 5);
  EXPECT_TRUE(evidence.settle_one(50));
  evidence.candidate_only(5, 50);
  evidence.settle_all();
  EXPECT_EQ(evidence.blocks_b(), 1u);
}

TEST(Blocks, NothingBeforeTheEpochOrFarApartConfusesTheRing) {
  BlockEvidence evidence;
  const BlockIndex far = 1'000'000'000;
  for (const BlockIndex block : {-far, BlockIndex{-1}, BlockIndex{0}, far, far - 1, far - 5000}) {
    evidence.candidate_only(block, block);
    evidence.settle_all();
  }
  EXPECT_EQ(evidence.blocks_b(), 5u) << "all but the one beyond the span, of which nothing is known";
}

TEST(Blocks, KeepAtMostSixteenOpen) {
  BlockEvidence evidence;
  for (BlockIndex block = 0; block < 100; ++block) evidence.candidate_only(block, 0);
  EXPECT_EQ(evidence.blocks_b(), 100u - BlockEvidence::kMaxOpen);
}

TEST(Blocks, ClusteringIsOneForLoneFailuresAndTheSizeOfTheClumpsOtherwise) {
  BlockEvidence lone, clumps;
  for (BlockIndex block = 0; block < 50; ++block) {
    lone.candidate_only(block, block);
    for (int i = 0; i < 8; ++i) clumps.control_only(block, block);
  }
  EXPECT_DOUBLE_EQ(lone.clustering(), 1);
  EXPECT_DOUBLE_EQ(clumps.clustering(), 8);
  EXPECT_DOUBLE_EQ(BlockEvidence().clustering(), 1);
}

}  // namespace
}  // namespace truemirror
