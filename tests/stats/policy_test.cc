#include "diff/stats/policy.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

TEST(Policy, AStarStandsForAnyBytesAndEverythingElseForItself) {
  EXPECT_TRUE(pattern_matches("GET /orders/*", "GET /orders/{id}/lines"));
  EXPECT_TRUE(pattern_matches("* /health", "HEAD /health"));
  EXPECT_TRUE(pattern_matches("*", ""));
  EXPECT_TRUE(pattern_matches("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(pattern_matches("GET /orders", "GET /orders/{id}"));
  EXPECT_FALSE(pattern_matches("", "x"));
  EXPECT_FALSE(pattern_matches("a*b", "a-b-c"));
}

TEST(Policy, AHostilePatternIsMatchedInLinearTimeOfTextTimesPattern) {
  const std::string text(20'000, 'a');
  EXPECT_FALSE(pattern_matches("*a*a*a*a*a*a*a*a*a*a*b", text));
}

TEST(Policy, ExcludesAndMarksByPattern) {
  Policy policy;
  policy.excluded = {"GET /health*"};
  policy.critical = {"* /payments/*"};
  EXPECT_TRUE(policy.is_excluded("GET /healthz"));
  EXPECT_FALSE(policy.is_excluded("POST /payments/{id}"));
  EXPECT_TRUE(policy.is_critical("POST /payments/{id}"));
}

}  // namespace
}  // namespace truemirror
