#include "diff/stats/pair_test.h"

#include <gtest/gtest.h>

#include <random>

namespace truemirror {
namespace {

constexpr double kShare = 0.0005;  // of the first of endpoints, one of five tests, at α = 0.01

// Blocks so far apart that each may yield.
constexpr BlockIndex kApart = kBlocksPerBurst + 1;

// `samples` pairs in each of the blocks from `from` to `to` times kApart; control and candidate bad as told.
void run(PairTest& test, BlockIndex from, BlockIndex to, int samples, bool candidate_bad, bool control_bad) {
  for (BlockIndex at = from; at < to; ++at) {
    for (int i = 0; i < samples; ++i) test.pair(candidate_bad, control_bad, at * kApart, at * kApart);
  }
}

TEST(PairTest, SharesOfAllEndpointsAddUpToHalfOfAlpha) {
  double spent = 0;
  for (std::uint64_t j = 1; j <= 100'000; ++j) spent += 5 * test_share(0.01, j, 5);
  EXPECT_NEAR(spent, 0.005, 1e-7);
  EXPECT_DOUBLE_EQ(test_share(0.01, 1, 5), kShare);
}

TEST(PairTest, ABurstOfAThousandFailuresInOneSecondIsNoProof) {
  PairTest test(kShare, 0.01);
  run(test, 100, 101, 1000, true, false);
  test.settle_all();
  EXPECT_FALSE(test.proven());
  EXPECT_NE(test.report("errors").verdict, Verdict::fail);
}

TEST(PairTest, OneFailureInEachOfFifteenSecondsIsProof) {
  PairTest test(kShare, 0.01);
  run(test, 0, 15, 1, true, false);
  EXPECT_FALSE(test.proven()) << "the last blocks have not settled";
  test.settle(200);
  EXPECT_TRUE(test.proven());
  EXPECT_EQ(test.report("errors").verdict, Verdict::fail);
}

TEST(PairTest, WhatBothArmsShowIsNoEvidenceAndWhatOnlyControlShowsIsNoneAgainstTheCandidate) {
  PairTest both(kShare, 0.01), control(kShare, 0.01);
  run(both, 0, 200, 3, true, true);
  run(control, 0, 200, 3, false, true);
  both.settle_all(), control.settle_all();
  EXPECT_EQ(both.report("divergence").blocks_b, 0u);
  EXPECT_EQ(both.report("divergence").b, 0u);
  EXPECT_EQ(both.report("divergence").n, 600u);
  EXPECT_FALSE(control.proven());
  EXPECT_LT(control.report("divergence").ln_e, 0);
}

TEST(PairTest, AProofIsLatchedWhateverComesAfter) {
  PairTest test(kShare, 0.01);
  run(test, 0, 20, 1, true, false);
  run(test, 20, 400, 1, false, true);
  test.settle_all();
  EXPECT_LT(test.report("errors").ln_e, 0);
  EXPECT_EQ(test.report("errors").verdict, Verdict::fail);
}

TEST(PairTest, ABlockThatHadToMakeRoomIsLookedAtBeforeTheNextCountsAgainst) {
  // 32 bursts at once, the run's clock standing still: the oldest settle as the newest come.
  PairTest test(kShare, 0.01);
  for (BlockIndex at = 0; at < 32; ++at) test.pair(true, false, 2 * at * kBlocksPerBurst, 0);
  EXPECT_TRUE(test.proven());
}

TEST(PairTest, PassesAfterExactlyAsManyCleanPairsAsItSaidItNeeded) {
  PairTest test(kShare, 0.01);
  const std::uint64_t needed = test.report("errors").pairs_needed;
  EXPECT_EQ(needed, 1557u);
  for (std::uint64_t i = 1; i < needed; ++i) test.pair(false, false, 0, 0);
  EXPECT_EQ(test.report("errors").verdict, Verdict::inconclusive);
  EXPECT_EQ(test.report("errors").pairs_needed, 1u);
  test.pair(false, false, 0, 0);
  EXPECT_EQ(test.report("errors").verdict, Verdict::pass);
  EXPECT_EQ(test.report("errors").pairs_needed, 0u);
}

TEST(PairTest, FailuresThatComeInClumpsWidenTheBound) {
  PairTest lone(kShare, 0.01), clumped(kShare, 0.01);
  for (int i = 0; i < 20'000; ++i) {
    const BlockIndex block = i * kBlocksPerBurst / 10;  // ten pairs a burst
    lone.pair(i % 400 == 0, i % 400 == 200, block, block);
    clumped.pair(i % 4000 < 10, i % 4000 >= 2000 && i % 4000 < 2010, block, block);
  }
  const TestReport one = lone.report("errors"), other = clumped.report("errors");
  EXPECT_EQ(one.b, other.b);
  EXPECT_EQ(one.c, other.c);
  EXPECT_LT(one.upper, other.upper);
  EXPECT_EQ(one.verdict, Verdict::pass);
  EXPECT_EQ(other.verdict, Verdict::inconclusive);
}

TEST(PairTest, AbsorbingAnotherAddsItsPairsAndItsProofButNotItsBlocks) {
  PairTest one(kShare, 0.01), other(kShare, 0.01);
  run(one, 0, 3, 2, true, false);
  run(other, 0, 30, 1, true, false);
  other.settle_all();
  one.absorb(other);
  one.settle_all();
  const TestReport report = one.report("errors");
  EXPECT_EQ(report.n, 36u);
  EXPECT_EQ(report.b, 36u);
  EXPECT_EQ(report.blocks_b, 3u);
  EXPECT_EQ(report.verdict, Verdict::fail);
}

// What a run looks like: candidate and control bad at the given rates, `per_burst` pairs a burst, looked at after each
// pair.
bool ever_proven(std::uint64_t seed, double candidate_rate, double control_rate, int pairs, int per_burst,
                 double share) {
  std::mt19937_64 random(seed);
  std::bernoulli_distribution candidate(candidate_rate), control(control_rate);
  PairTest test(share, 0.01);
  for (int i = 0; i < pairs; ++i) {
    const bool candidate_bad = candidate(random), control_bad = control(random);
    const BlockIndex block = i * kBlocksPerBurst / per_burst;
    test.pair(candidate_bad, control_bad, block, block);
    if (test.proven()) return true;
  }
  test.settle_all();
  return test.proven();
}

TEST(PairTest, TwoEqualArmsLookedAtAfterEveryPairAlarmNoMoreOftenThanAllowed) {
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) alarms += ever_proven(seed, 0.05, 0.05, 3000, 10, 0.05) ? 1 : 0;
  EXPECT_LE(alarms, 30) << "of 600 at 5 %";
  EXPECT_GT(alarms, 0) << "a test that never alarms at 5 % proves nothing";
}

TEST(PairTest, OnePerCentMoreFailuresIsFoundInSixThousandPairs) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) found += ever_proven(seed, 0.011, 0.001, 6000, 20, kShare) ? 1 : 0;
  EXPECT_EQ(found, 50);
}

// Both arms now and then fail everything for `length` blocks and less than one more, wherever the clock cuts that.
int alarms_of_pausing_arms(BlockIndex length, int runs) {
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < static_cast<std::uint64_t>(runs); ++seed) {
    std::mt19937_64 random(seed);
    std::exponential_distribution<double> quiet(0.05);
    PairTest test(0.01, 0.01);
    BlockIndex candidate = 0, control = 0;
    for (BlockIndex block = 0; block < 1200; ++block) {
      if (block > candidate + length) candidate = block + static_cast<BlockIndex>(quiet(random));
      if (block > control + length) control = block + static_cast<BlockIndex>(quiet(random));
      for (int i = 0; i < 3; ++i) test.pair(block >= candidate, block >= control, block, block);
    }
    alarms += test.proven() ? 1 : 0;
  }
  return alarms;
}

TEST(PairTest, ArmsThatPauseForAWholeBurstAreNotTakenForWorse) {
  EXPECT_LE(alarms_of_pausing_arms(kBlocksPerBurst, 1000), 10) << "of 1,000 at 1 %";
}

TEST(PairTest, PausesLongerThanABurstAreBeyondThePromise) {
  EXPECT_GT(alarms_of_pausing_arms(8 * kBlocksPerBurst, 200), 10) << "a test that cannot fail here shows nothing above";
}

}  // namespace
}  // namespace truemirror
