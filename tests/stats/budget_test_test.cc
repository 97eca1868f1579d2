#include "diff/stats/budget_test.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace truemirror {
namespace {

constexpr double kShare = 0.01, kBudget = 0.250;
constexpr BlockIndex kApart = kBlocksPerBurst + 1;

// `answers` answers, 5 in each block, `over` of them over the budget; looked at after every one.
BudgetTest told(std::uint64_t seed, std::size_t quantile, double over, int answers) {
  std::mt19937_64 random(seed);
  std::bernoulli_distribution is_over(over);
  BudgetTest test(quantile, kBudget, kShare, 0.005);
  for (int i = 0; i < answers; ++i) {
    test.answer(is_over(random) ? 0.3 : 0.2, static_cast<std::uint64_t>(i), i / 5, i / 5);
  }
  test.settle_all();
  return test;
}

TEST(BudgetTest, AQuantileAtItsBudgetIsAccusedNoMoreOftenThanAllowed) {
  for (const auto& [quantile, allowed] : {std::pair{0, 0.5}, {1, 0.1}, {2, 0.01}}) {
    int accused = 0;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
      accused += told(seed, static_cast<std::size_t>(quantile), allowed, 4000).proven() ? 1 : 0;
    }
    EXPECT_LE(accused, 5) << "of 500 at 1 %, quantile " << quantile;
  }
}

TEST(BudgetTest, AQuantileOverItsBudgetIsFound) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_TRUE(told(seed, 2, 0.10, 8000).proven());
    EXPECT_TRUE(told(seed, 0, 0.80, 8000).proven());
  }
}

TEST(BudgetTest, OneSlowBurstIsNoProofAndATimeoutIsOverAnyBudget) {
  BudgetTest burst(2, kBudget, kShare, 0.005), timeouts(2, kBudget, kShare, 0.005);
  for (std::uint64_t i = 0; i < 1000; ++i) burst.answer(9, i, 100 + static_cast<BlockIndex>(i % 4), 103);
  burst.settle_all();
  EXPECT_FALSE(burst.proven());
  EXPECT_EQ(burst.report().b, 1000u);
  for (std::uint64_t i = 0; i < 4; ++i) {
    timeouts.answer(std::numeric_limits<double>::infinity(), i, kApart * static_cast<BlockIndex>(i), 100);
  }
  timeouts.settle_all();
  EXPECT_TRUE(timeouts.proven());
}

TEST(BudgetTest, WhichAnswerOfABlockCountsDependsNeitherOnItsLatencyNorOnTheOrder) {
  for (std::uint64_t first = 0; first < 30; ++first) {
    BudgetTest forth(1, kBudget, kShare, 0.05), back(1, kBudget, kShare, 0.05);
    for (std::uint64_t i = 0; i < 6; ++i) {
      forth.answer(i % 2 == 0 ? 1 : 0.1, first + i, 7, 7);
      back.answer((5 - i) % 2 == 0 ? 1 : 0.1, first + 5 - i, 7, 7);
    }
    forth.settle_all(), back.settle_all();
    EXPECT_EQ(forth.report().blocks_b, back.report().blocks_b) << first;
    EXPECT_EQ(forth.report().blocks_b + forth.report().blocks_c, 1u);
  }
}

TEST(BudgetTest, SaysWhatItComesTo) {
  BudgetTest test(2, kBudget, kShare, 0.005);
  EXPECT_EQ(test.report().verdict, Verdict::inconclusive);
  const std::uint64_t needed = test.report().pairs_needed;
  for (std::uint64_t i = 0; i < needed; ++i) {
    EXPECT_EQ(test.report().verdict, Verdict::inconclusive) << i;
    test.answer(0.1, i, kApart * static_cast<BlockIndex>(i), kApart * static_cast<BlockIndex>(i));
    test.settle_all();
    if (i > 3 && i < needed - 3) i += needed / 50;
  }
  const TestReport report = told(1, 2, 0, 40'000).report();
  EXPECT_EQ(report.metric, "budget_p99");
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_EQ(report.budget, kBudget);
  EXPECT_DOUBLE_EQ(report.excess, -0.01);
  EXPECT_LE(report.upper, 0.005);
}

}  // namespace
}  // namespace truemirror
