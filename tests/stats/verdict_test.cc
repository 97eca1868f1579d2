#include "diff/stats/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truemirror {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

TestReport test_of(Verdict verdict, std::uint64_t needed = 0) {
  TestReport test;
  test.metric = "divergence";
  test.verdict = verdict;
  test.pairs_needed = needed;
  return test;
}

// Endpoints with one test each; the spans point into it, so it is kept while it is judged.
struct JudgedRun {
  std::vector<std::vector<TestReport>> tests;
  std::vector<JudgedEndpoint> endpoints;
  RunFacts facts;
  Policy policy;

  JudgedRun() { tests.reserve(32); }
  JudgedRun& with(std::string_view name, std::uint64_t pairs, Verdict verdict, std::uint64_t needed = 0) {
    tests.push_back({test_of(verdict, needed)});
    endpoints.push_back({.endpoint = name, .pairs = pairs, .tests = tests.back(), .verdict = verdict});
    return *this;
  }
  [[nodiscard]] RunVerdict judge() const { return judge_run(endpoints, facts, policy); }
};

TEST(Verdict, AnEndpointPassesWhenAllItsTestsDo) {
  EXPECT_EQ(endpoint_verdict(std::vector{test_of(Verdict::pass), test_of(Verdict::pass)}, 0), Verdict::pass);
  EXPECT_EQ(endpoint_verdict(std::vector{test_of(Verdict::pass), test_of(Verdict::inconclusive)}, 0),
            Verdict::inconclusive);
  EXPECT_EQ(endpoint_verdict({}, 0), Verdict::inconclusive);
}

TEST(Verdict, AnEndpointFailsWithOneFailedTestOrOneProvenFinding) {
  EXPECT_EQ(endpoint_verdict(std::vector{test_of(Verdict::pass), test_of(Verdict::fail)}, 0), Verdict::fail);
  EXPECT_EQ(endpoint_verdict(std::vector{test_of(Verdict::pass)}, 1), Verdict::fail);
}

TEST(Verdict, ARunFailsIfAnyEndpointDoesAndSaysWhichAndWhy) {
  JudgedRun run;
  run.with("GET /a", 10'000, Verdict::pass).with("GET /b", 1, Verdict::fail);
  run.endpoints[1].proven_findings = 2;
  EXPECT_EQ(run.judge().verdict, Verdict::fail);
  EXPECT_THAT(run.judge().reasons, Contains("failed: GET /b: divergence, 2 findings proven"));
}

TEST(Verdict, ARunPassesWhenPassingEndpointsCarryNinetyFivePerCentOfThePairs) {
  EXPECT_EQ(JudgedRun().with("GET /a", 950, Verdict::pass).with("GET /b", 50, Verdict::inconclusive).judge().verdict,
            Verdict::pass);
  const RunVerdict less =
      JudgedRun().with("GET /a", 949, Verdict::pass).with("GET /b", 51, Verdict::inconclusive, 1500).judge();
  EXPECT_EQ(less.verdict, Verdict::inconclusive);
  EXPECT_THAT(less.reasons, Contains("coverage: passing endpoints carry 94.9 % of the pairs; 95 % are needed"));
  EXPECT_THAT(less.reasons, Contains("pairs_needed: GET /b: about 1500 further clean pairs"));
}

TEST(Verdict, ARunWithoutPairsIsInconclusive) {
  EXPECT_EQ(JudgedRun().judge().verdict, Verdict::inconclusive);
  EXPECT_THAT(JudgedRun().judge().reasons, Contains(StartsWith("no_pairs")));
}

TEST(Verdict, NothingPassesWhileControlIsUnhealthyButFailuresStillFail) {
  JudgedRun run;
  run.facts = {.control_healthy = false, .control_failures = 11};
  run.with("GET /a", 100, Verdict::pass);
  EXPECT_EQ(run.judge().verdict, Verdict::inconclusive);
  EXPECT_THAT(run.judge().reasons, Contains(StartsWith("control_unhealthy: control failed in 11 of its last 1000")));
  run.with("GET /b", 100, Verdict::fail);
  EXPECT_EQ(run.judge().verdict, Verdict::fail);
}

TEST(Verdict, WithoutControlARunPassesOnlyWhereThePolicyAllowsIt) {
  JudgedRun run;
  run.facts.calibrated = false;
  run.with("GET /a", 100, Verdict::pass);
  EXPECT_EQ(run.judge().verdict, Verdict::inconclusive);
  EXPECT_THAT(run.judge().reasons, Contains(HasSubstr("uncalibrated: allow")));
  run.policy.allow_uncalibrated = true;
  EXPECT_EQ(run.judge().verdict, Verdict::pass);
}

TEST(Verdict, AnExcludedEndpointNeitherFailsTheRunNorCountsAsCovered) {
  JudgedRun run;
  run.with("GET /health", 10'000, Verdict::fail).with("GET /a", 10, Verdict::pass);
  run.endpoints[0].excluded = true;
  EXPECT_EQ(run.judge().verdict, Verdict::pass);
}

TEST(Verdict, AThousandFailuresAreNamedInElevenReasons) {
  JudgedRun run;
  run.tests.reserve(1000);
  for (int i = 0; i < 1000; ++i) run.with("GET /x", 1, Verdict::fail);
  EXPECT_LE(run.judge().reasons.size(), 12u);
  EXPECT_THAT(run.judge().reasons, Contains("failed: 990 further endpoints"));
}

TEST(ControlHealth, IsLostAtElevenFailuresInTheLastThousandPairsAndComesBack) {
  ControlHealth health;
  for (int i = 0; i < 10; ++i) health.pair(true);
  EXPECT_TRUE(health.healthy());
  health.pair(true);
  EXPECT_FALSE(health.healthy());
  for (int i = 0; i < 989; ++i) health.pair(false);
  EXPECT_FALSE(health.healthy());
  health.pair(false);
  EXPECT_TRUE(health.healthy());
}

}  // namespace
}  // namespace truemirror
