#include "diff/report/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aggregate_story.h"

namespace truemirror {
namespace {

using testing::Contains;
using testing::StartsWith;

const auto kWrongPrice = [](Comparison& pair, int) { pair.candidate_divergences = {divergence("body/price")}; };

TEST(Aggregate, ADivergenceThatOnlyTheCandidateShowsIsNewAndProvenAndFailsItsEndpoint) {
  Story story;
  story.pairs(300, kWrongPrice);
  const Report report = story.ended();
  ASSERT_EQ(report.findings.size(), 1u);
  const FindingReport& finding = report.findings[0];
  EXPECT_EQ(finding.endpoint, "GET /orders/{id}");
  EXPECT_EQ(finding.location, "body/price");
  EXPECT_EQ(finding.status, FindingStatus::fresh);
  EXPECT_TRUE(finding.proven);
  EXPECT_EQ(finding.candidate_only, 300u);
  EXPECT_EQ(finding.blocks_b, 25u) << "thirty seconds are four observations in each five bursts, and one begun";
  EXPECT_EQ(report.endpoints[0].verdict, Verdict::fail);
  EXPECT_EQ(report.endpoints[0].diverged, 300u);
  EXPECT_EQ(report.totals.diverged, 300u);
  EXPECT_EQ(report.verdict, Verdict::fail);
}

TEST(Aggregate, WhatControlShowsAsWellIsNoise) {
  Story story;
  story.pairs(300, [](Comparison& pair, int) {
    pair.candidate_divergences = {divergence("header/x-request-id")};
    pair.control_divergences = {divergence("header/x-request-id")};
  });
  const Report report = story.ended();
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].status, FindingStatus::noise);
  EXPECT_FALSE(report.findings[0].proven);
  EXPECT_EQ(report.findings[0].both, 300u);
  EXPECT_EQ(test_named(report, "divergence").b, 0u);
}

TEST(Aggregate, WhatBothShowNowAndThenOnTheirOwnIsNoiseToo) {
  Story story;
  story.pairs(2000, [](Comparison& pair, int i) {
    if (i % 30 == 0) pair.control_divergences = {divergence("body/tags", Kind::reordered, "list")};
    if (i % 30 == 15) pair.candidate_divergences = {divergence("body/tags", Kind::reordered, "list")};
  });
  const Report report = story.ended();
  EXPECT_EQ(report.findings.at(0).status, FindingStatus::noise);
  EXPECT_LE(test_named(report, "divergence").b, 1u) << "control has shown it before";
  EXPECT_NE(report.verdict, Verdict::fail);
}

TEST(Aggregate, WhatTheCandidateShowsFarMoreOftenThanControlIsProvenAllTheSame) {
  Story story;
  story.pairs(3000, [](Comparison& pair, int i) {
    if (i % 20 < 10) pair.candidate_divergences = {divergence("body/name")};
    if (i % 200 == 19) pair.control_divergences = {divergence("body/name")};
  });
  const FindingReport finding = story.ended().findings.at(0);
  EXPECT_EQ(finding.status, FindingStatus::fresh);
  EXPECT_TRUE(finding.proven);
  EXPECT_EQ(finding.control_only, 15u);
}

TEST(Aggregate, SeenOnceIsNewButNotProvenAndFailsNothing) {
  Story story;
  story.pairs(100, [](Comparison& pair, int i) {
    if (i == 50) pair.candidate_divergences = {divergence("body/price")};
  });
  const Report report = story.ended();
  EXPECT_EQ(report.findings.at(0).status, FindingStatus::fresh);
  EXPECT_FALSE(report.findings[0].proven);
  EXPECT_EQ(report.verdict, Verdict::inconclusive);
}

TEST(Aggregate, WhatARuleHidesOrAcceptsIsCountedAndJudgesNothing) {
  Story story;
  story.pairs(300, [](Comparison& pair, int) {
    Divergence hidden = divergence("body/etag"), accepted = divergence("body/version");
    hidden.disposition = Disposition::hidden;
    accepted.disposition = Disposition::accepted;
    pair.candidate_divergences = {hidden, accepted};
  });
  const Report report = story.ended();
  ASSERT_EQ(report.findings.size(), 2u);
  EXPECT_EQ(report.findings[0].status, FindingStatus::accepted);
  EXPECT_EQ(report.findings[1].status, FindingStatus::hidden);
  EXPECT_EQ(report.findings[1].candidate_only, 300u);
  EXPECT_EQ(report.totals.diverged, 0u);
  EXPECT_EQ(test_named(report, "divergence").b, 0u);
}

TEST(Aggregate, AToleranceThatHidesTheSmallDifferencesDoesNotHideTheLargeOnesOfTheSameSignature) {
  Story story;
  story.pairs(300, [](Comparison& pair, int) {
    pair.candidate_divergences = pair.control_divergences = {divergence("body/total")};
    pair.control_divergences[0].disposition = Disposition::hidden;
  });
  const FindingReport finding = story.ended().findings.at(0);
  EXPECT_TRUE(finding.proven);
  EXPECT_EQ(finding.candidate_only, 300u);
}

TEST(Aggregate, AnEndpointThatFailsMoreOftenIsFoundByItsErrors) {
  Story story;
  story.pairs(1000, [](Comparison& pair, int i) {
    if (i % 20 == 0) pair.candidate = response(500, std::chrono::milliseconds(1));
    if (i % 20 == 5) pair.stable = pair.candidate = *(pair.control = response(503, std::chrono::milliseconds(1)));
  });
  const Report report = story.ended();
  const TestReport errors = test_named(report, "errors");
  EXPECT_EQ(errors.b, 50u) << "where stable fails as well nobody is to blame";
  EXPECT_EQ(errors.verdict, Verdict::fail);
  EXPECT_EQ(report.endpoints[0].errors, 50u);
}

TEST(Aggregate, WhatIsShedOnTheCandidatesAccountIsItsError) {
  Story story;
  story.pairs(300);
  for (int i = 0; i < 30; ++i) {
    story.aggregator.shed(Arm::candidate, "GET", "/orders/9", WallTime(std::chrono::seconds(1'700'000'000 + i)));
  }
  story.aggregator.shed(Arm::control, "GET", "/orders/9", WallTime(std::chrono::seconds(1'700'000'040)));
  const TestReport errors = test_named(story.ended(), "errors");
  EXPECT_EQ(errors.b, 30u);
  EXPECT_EQ(errors.c, 1u);
  EXPECT_EQ(errors.n, 331u);
  EXPECT_EQ(errors.verdict, Verdict::fail);
}

TEST(Aggregate, ASlowTailIsFoundAtP99AndNotAtP50) {
  Story story;
  story.pairs(4000, [](Comparison& pair, int i) {
    const auto honest = std::chrono::milliseconds(10 + i % 7);
    pair.control = response(200, honest);
    pair.candidate = response(200, i % 20 == 3 ? std::chrono::milliseconds(80) : honest);
  });
  const Report report = story.ended();
  EXPECT_EQ(test_named(report, "latency_p99").verdict, Verdict::fail);
  EXPECT_NE(test_named(report, "latency_p50").verdict, Verdict::fail);
  EXPECT_EQ(test_named(report, "latency_p50").n, 3900u) << "the first hundred only set the threshold";
}

TEST(Aggregate, ACandidateThatTimesOutIsSlowAndFails) {
  Story story;
  story.pairs(800, [](Comparison& pair, int i) {
    if (i > 200) pair.candidate.error = ArmError::timeout;
  });
  EXPECT_EQ(test_named(story.ended(), "latency_p50").verdict, Verdict::fail);
  EXPECT_EQ(test_named(story.ended(), "errors").verdict, Verdict::fail);
}

TEST(Aggregate, StableAskedTwiceShowsNoiseButLatencyDoesNotGate) {
  AggregateOptions options;
  options.control = ControlMode::stable_again;
  Story story(options);
  story.pairs(500, [](Comparison& pair, int) { pair.candidate = response(200, std::chrono::milliseconds(500)); });
  const Report report = story.ended();
  EXPECT_TRUE(report.calibrated);
  EXPECT_EQ(report.endpoints.at(0).tests.size(), 2u);
  EXPECT_NE(report.verdict, Verdict::fail);
  EXPECT_THAT(report.reasons, Contains(StartsWith("stable_again")));
}

TEST(Aggregate, EnoughCleanPairsPassAndTheReportSaysSo) {
  Story story;
  story.pairs(5000, [](Comparison& pair, int i) {
    pair.control = response(200, std::chrono::milliseconds(10 + (i * 7) % 13));
    pair.candidate = response(200, std::chrono::milliseconds(10 + (i * 5) % 13));
  });
  const Report report = story.ended();
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_THAT(report.reasons, Contains("covered: passing endpoints carry 100 % of the pairs"));
  EXPECT_EQ(report.endpoints.at(0).latency.candidate.count(), 5000u);
}

TEST(Aggregate, ACandidateOverItsLatencyBudgetFailsAlsoWithoutControlAndSaysSo) {
  for (const ControlMode control : {ControlMode::instance, ControlMode::stable_again, ControlMode::none}) {
    AggregateOptions options;
    options.control = control;
    options.policy.budget[2] = std::chrono::milliseconds(250);
    Story story(options);
    story.pairs(1200, [&](Comparison& pair, int i) {
      if (i % 10 == 3) pair.candidate = pair.stable = response(200, std::chrono::milliseconds(300));
      if (i % 10 == 3) pair.control = pair.stable;
      if (control == ControlMode::none) pair.control.reset();
    });
    const Report report = story.ended();
    const TestReport test = test_named(report, "budget_p99");
    EXPECT_EQ(report.verdict, Verdict::fail);
    EXPECT_EQ(test.verdict, Verdict::fail);
    EXPECT_EQ(test.b, 120u);
    EXPECT_EQ(test.n, 1200u);
    EXPECT_THAT(report.reasons, Contains(StartsWith("failed: GET /orders/{id}: budget_p99 proven")));
    EXPECT_EQ(test_named(report, "divergence").share, 0.01 / 4 / (control == ControlMode::instance ? 6 : 3));
  }
}

TEST(Aggregate, ABudgetPassesOnceTheBoundOnWhatIsOverItIsWithinTolerance) {
  AggregateOptions options;
  options.policy.budget[1] = std::chrono::milliseconds(250);
  Story story(options);
  story.pairs(500);
  EXPECT_EQ(test_named(story.ended(), "budget_p90").verdict, Verdict::inconclusive);
  EXPECT_GT(test_named(story.ended(), "budget_p90").pairs_needed, 0u);
  story.pairs(1000);
  EXPECT_EQ(test_named(story.ended(), "budget_p90").verdict, Verdict::pass);
  EXPECT_EQ(test_named(story.ended(), "budget_p90").pairs_needed, 0u);
}

TEST(Aggregate, NothingPassesWhileControlFails) {
  Story story;
  story.pairs(5000, [](Comparison& pair, int i) {
    if (i % 50 == 0) pair.control->error = ArmError::reset;
  });
  const Report report = story.ended();
  EXPECT_EQ(report.verdict, Verdict::inconclusive);
  EXPECT_THAT(report.reasons, Contains(StartsWith("control_unhealthy: control failed in 20 of")));
}

TEST(Aggregate, AnExcludedEndpointIsShownAndNotJudged) {
  AggregateOptions options;
  options.policy.excluded = {"GET /orders/*"};
  Story story(options);
  story.pairs(300, kWrongPrice);
  const Report report = story.ended();
  EXPECT_TRUE(report.endpoints.at(0).tests.empty());
  EXPECT_EQ(report.verdict, Verdict::inconclusive);
  EXPECT_THAT(report.reasons, Contains("excluded: the policy leaves out 1 endpoint"));
}

TEST(Aggregate, WithoutControlOnlyHardKindsGateAndVolatileClassesAreSuspectedNoise) {
  AggregateOptions options;
  options.control = ControlMode::none;
  Story story(options);
  story.pairs(300, [](Comparison& pair, int) {
    pair.control.reset();
    Divergence id = divergence("header/x-request-id", Kind::value, "uuid→uuid");
    id.from_class = id.to_class = "uuid";
    pair.candidate_divergences = {id, divergence("body/price"), divergence("body/name", Kind::type, "string→null")};
  });
  const Report report = story.ended();
  EXPECT_FALSE(report.calibrated);
  ASSERT_EQ(report.findings.size(), 3u);
  EXPECT_EQ(report.findings[0].location, "body/name");
  EXPECT_TRUE(report.findings[0].proven);
  EXPECT_EQ(report.findings[1].location, "body/price");
  EXPECT_EQ(report.findings[1].status, FindingStatus::fresh);
  EXPECT_FALSE(report.findings[1].proven);
  EXPECT_EQ(report.findings[2].status, FindingStatus::suspected_noise);
  EXPECT_EQ(report.verdict, Verdict::fail);
}

TEST(Aggregate, FindingsOfTheSameSamplesAreOneIssueLedByTheStatus) {
  Story story;
  story.pairs(400, [](Comparison& pair, int i) {
    if (i % 2 == 0) {
      pair.candidate_divergences = {divergence("body/error"), divergence("status", Kind::status, "200→500")};
    } else {
      pair.candidate_divergences = {divergence("body/price")};
    }
  });
  const Report report = story.ended();
  std::map<std::string, std::string> issue_of, id_of;
  for (const FindingReport& finding : report.findings) {
    issue_of[finding.location] = finding.issue;
    id_of[finding.location] = finding.id;
  }
  EXPECT_EQ(issue_of["body/error"], id_of["status"]);
  EXPECT_EQ(issue_of["status"], id_of["status"]);
  EXPECT_EQ(issue_of["body/price"], id_of["body/price"]);
}

TEST(Aggregate, ALiveReportCountsOnlyBlocksThatHaveSettled) {
  Story story;
  story.pairs(20, kWrongPrice);
  EXPECT_EQ(story.aggregator.report({}, {}).findings.at(0).blocks_b, 0u);
  EXPECT_EQ(story.ended().findings.at(0).blocks_b, 2u);
}

}  // namespace
}  // namespace truemirror
