#include <gtest/gtest.h>

#include "diff/report/policy_file.h"

namespace truemirror {
namespace {

std::string problem_of(std::string_view yaml) {
  const Result<Policy> policy = parse_policy(yaml, "policy.yaml");
  return policy ? "" : policy.error().text;
}

TEST(PolicyFile, AnEmptyFileIsTheDefaultPolicy) {
  const Policy policy = parse_policy("# nothing\n", "policy.yaml").value();
  EXPECT_EQ(policy.alpha, 0.01);
  EXPECT_EQ(policy.burst, std::chrono::seconds(1));
  EXPECT_FALSE(policy.allow_uncalibrated);
}

TEST(PolicyFile, SetsWhatItNamesAndKeepsTheRest) {
  const Policy policy = parse_policy(R"(
alpha: 0.001
burst: 250ms
coverage: 90 %
uncalibrated: allow
tolerances: {errors: 0.2%, latency_p99: 0.01}
latency: {margin: 20%, margin_absolute: 500us, budget: {p50: 20ms, p99: 250ms}}
endpoints:
  budget: {"GET /search*": {p99: 1s}, "GET /s*": {p90: 2s}}
  exclude: ["GET /health*"]
  critical: ["POST /payments*"]
)",
                                     "policy.yaml")
                            .value();
  EXPECT_EQ(policy.alpha, 0.001);
  EXPECT_EQ(policy.burst, std::chrono::milliseconds(250));
  EXPECT_EQ(policy.coverage, 0.9);
  EXPECT_TRUE(policy.allow_uncalibrated);
  EXPECT_EQ(policy.tolerances.errors, 0.002);
  EXPECT_EQ(policy.tolerances.divergence, 0.01);
  EXPECT_EQ(policy.latency_margin, 0.2);
  EXPECT_EQ(policy.latency_margin_absolute, std::chrono::microseconds(500));
  EXPECT_EQ(policy.budget_of("GET /orders/{id}")[0], std::chrono::milliseconds(20));
  EXPECT_EQ(policy.budget_of("GET /orders/{id}")[1], std::nullopt);
  EXPECT_EQ(policy.budget_of("GET /orders/{id}")[2], std::chrono::milliseconds(250));
  EXPECT_EQ(policy.budget_of("GET /search")[0], std::nullopt) << "its own budget replaces the other";
  EXPECT_EQ(policy.budget_of("GET /search")[2], std::chrono::seconds(1));
  EXPECT_TRUE(policy.is_excluded("GET /healthz"));
  EXPECT_TRUE(policy.is_critical("POST /payments/{id}"));
}

TEST(PolicyFile, SaysItsVersionOrLeavesItOut) {
  EXPECT_EQ(parse_policy("version: 1\nalpha: 0.02\n", "policy.yaml").value().alpha, 0.02);
  EXPECT_EQ(problem_of("version: 2\n"), "policy.yaml:1:10: version '2': this program reads version 1 of policies");
}

TEST(PolicyFile, AMistypedKeyIsNamedWithItsPlaceAndTheNearestKey) {
  EXPECT_EQ(problem_of("alpha: 0.01\ntolerence: {}\n"),
            "policy.yaml:2:1: 'tolerence' is no key here; did you mean 'tolerances'?");
  EXPECT_EQ(problem_of("tolerances:\n  latency_p95: 1%\n"),
            "policy.yaml:2:3: 'latency_p95' is no key here; did you mean 'latency_p90'?");
  EXPECT_EQ(problem_of("latency:\n  budget: {p98: 1s}\n"),
            "policy.yaml:2:12: 'p98' is no key here; did you mean 'p90'?");
  EXPECT_EQ(problem_of("endpoints:\n  budget: {\"GET /a\": {p99: 9}}\n"),
            "policy.yaml:2:28: '9' is no duration from 1e-06s to 3600s; write 100ms or 1s");
}

TEST(PolicyFile, AValueOutOfRangeOrOfTheWrongTypeIsRefused) {
  EXPECT_EQ(problem_of("alpha: 2"), "policy.yaml:1:8: '2' is no fraction from 1e-12 to 0.5; write 1% or 0.01");
  EXPECT_EQ(problem_of("burst: 10"), "policy.yaml:1:8: '10' is no duration from 0.001s to 3600s; write 100ms or 1s");
  EXPECT_EQ(problem_of("uncalibrated: maybe"), "policy.yaml:1:15: 'maybe' is neither 'deny' nor 'allow'");
  EXPECT_EQ(problem_of("alpha: 0.1\nalpha: 0.2"), "policy.yaml:2:1: 'alpha' is given twice; keep one");
  EXPECT_NE(problem_of("endpoints: {exclude: all}"), "");
  EXPECT_NE(problem_of("coverage: [1]"), "");
  EXPECT_NE(problem_of("alpha: nan"), "");
  EXPECT_NE(problem_of("- alpha"), "");
}

TEST(PolicyFile, WhatIsNoYamlSaysWhere) {
  EXPECT_TRUE(problem_of("alpha: [1").starts_with("policy.yaml:1:")) << problem_of("alpha: [1");
  EXPECT_NE(problem_of(std::string(5000, '[')), "");
  EXPECT_NE(problem_of("\x01\xff: {{{"), "");
}

}  // namespace
}  // namespace truemirror
