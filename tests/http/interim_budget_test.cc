#include "proxy/http/interim_budget.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

using namespace std::chrono_literals;

const InterimBudget::Clock::time_point kStart{1h};

TEST(InterimBudget, LetsAnyNumberPassThatComesSlowlyEnough) {
  InterimBudget budget;
  for (int second = 0; second < 100'000; ++second) ASSERT_TRUE(budget.take(1'000, kStart + second * 1s)) << second;
}

TEST(InterimBudget, EndsAFloodAndFillsAgainWithTime) {
  InterimBudget budget;
  EXPECT_TRUE(budget.take(InterimBudget::kAtOnce, kStart));
  EXPECT_FALSE(budget.take(1, kStart));
  EXPECT_FALSE(budget.take(InterimBudget::kPerSecond + 1, kStart + 1s));
  EXPECT_TRUE(budget.take(InterimBudget::kPerSecond, kStart + 1s));
  EXPECT_TRUE(budget.take(InterimBudget::kAtOnce, kStart + 1h));
  EXPECT_FALSE(budget.take(1, kStart + 1h));
  budget.start();
  EXPECT_TRUE(budget.take(InterimBudget::kAtOnce, kStart + 1h));
}

}  // namespace
}  // namespace truemirror
