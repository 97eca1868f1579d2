// What the report says of arms that are not what they should be: a candidate or a control that answers nothing, a
// control that is another version than stable.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aggregate_story.h"
#include "diff/report/render.h"

namespace truemirror {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Response refused() {
  Response response;
  response.error = ArmError::refused;
  response.error_detail = "connect http://127.0.0.1:9002: Connection refused";
  return response;
}

const std::vector<Divergence> kArmError{divergence("status", Kind::arm_error, "refused")};

const auto kCandidateDown = [](Comparison& pair, int) {
  pair.candidate = refused();
  pair.candidate_divergences = kArmError;
};
const auto kControlDown = [](Comparison& pair, int) {
  pair.control = refused();
  pair.control_divergences = kArmError;
};

constexpr const char* kSilence =
    "the candidate has answered none of 1,000 requests: connection refused (connect http://127.0.0.1:9002)";

TEST(AggregateArms, ACandidateThatAnswersNothingLeadsEveryReport) {
  Story story;
  story.pairs(600, kCandidateDown);
  for (int i = 0; i < 400; ++i)
    story.aggregator.shed(Arm::candidate, "GET", "/orders/7", clean_pair(0, std::chrono::minutes(1)).at);
  const Report report = story.ended();
  EXPECT_EQ(report.verdict, Verdict::fail) << "a thousand errors are proof";
  EXPECT_EQ(report.reasons.at(0), std::string("candidate_silent: ") + kSilence);
  const auto first_line = [](const std::string& text) { return text.substr(0, text.find('\n')); };
  EXPECT_THAT(first_line(render_text(report, {.width = 160})), HasSubstr(kSilence));
  EXPECT_THAT(first_line(render_markdown(report)), HasSubstr("the candidate has answered none of 1,000 requests"));
  EXPECT_THAT(render_html(report), HasSubstr(std::string("<p class=\"headline\">") + kSilence));
  EXPECT_THAT(render_json(report), HasSubstr(R"("reasons":["candidate_silent: the candidate has answered none)"));
}

TEST(AggregateArms, AFewUnansweredRequestsProveNothingButTheReasonLeadsAndAsksForNoMorePairs) {
  Story story;
  story.pairs(3, kCandidateDown);
  const Report report = story.ended();
  EXPECT_EQ(report.verdict, Verdict::inconclusive);
  EXPECT_THAT(report.reasons.at(0), StartsWith("candidate_silent: the candidate has answered none of 3 requests"));
  EXPECT_THAT(report.reasons, Not(Contains(HasSubstr("further clean pairs"))));
}

TEST(AggregateArms, ACandidateThatFailsJustAsStableDoesPassesNothing) {
  AggregateOptions options;
  options.control = ControlMode::none;
  options.policy.allow_uncalibrated = true;
  Story story(options);
  story.pairs(5000, [](Comparison& pair, int) {
    pair.stable = pair.candidate = refused();
    pair.control.reset();
  });
  EXPECT_EQ(story.ended().verdict, Verdict::inconclusive);
}

TEST(AggregateArms, AControlThatAnswersNothingPassesNothingAndIsUnhealthyWithItsReason) {
  Story story;
  story.pairs(5000, kControlDown);
  const Report report = story.ended();
  EXPECT_EQ(report.verdict, Verdict::inconclusive);
  EXPECT_THAT(report.reasons.at(0),
              StartsWith("control_unhealthy: the control has answered none of 5,000 requests: connection refused"));
  EXPECT_THAT(report.reasons, Not(Contains(HasSubstr("pairs; nothing passes until"))));
}

TEST(AggregateArms, AnArmThatHasAnsweredIsSilentOnceItHasNotForAWhile) {
  Story story;
  story.pairs(100).pairs(99, kCandidateDown);
  EXPECT_FALSE(story.ended().candidate.silent);
  story.pairs(1, kCandidateDown);
  EXPECT_THAT(story.ended().reasons.at(0),
              StartsWith("candidate_silent: the candidate has answered none of the last 100 requests"));
  story.pairs(1);
  EXPECT_FALSE(story.ended().candidate.silent);
}

TEST(AggregateArms, WhatIsShedBeforeTheFirstAnswerIsNoSilence) {
  Story story;
  for (int i = 0; i < 400; ++i) story.aggregator.shed(Arm::candidate, "GET", "/", clean_pair(0, {}).at);
  EXPECT_FALSE(story.ended().candidate.silent);
}

// Every sample of it shows these, in control and where `both` in the candidate too.
Report control_shows(const std::vector<Divergence>& divergences, bool both, AggregateOptions options = {}) {
  Story story(std::move(options));
  story.pairs(5000, [&](Comparison& pair, int) {
    pair.control_divergences = divergences;
    if (both) pair.candidate_divergences = divergences;
  });
  return story.ended();
}

TEST(AggregateArms, AnUpgradedControlPassesNothingAndIsToldByWhereItDiffers) {
  for (const bool both : {false, true}) {  // the candidate is the upgrade, too: all that it breaks would be noise
    const Report report = control_shows({divergence("body/total", Kind::missing, "number")}, both);
    EXPECT_EQ(report.verdict, Verdict::inconclusive);
    EXPECT_EQ(report.endpoints.at(0).verdict, Verdict::inconclusive);
    EXPECT_THAT(report.reasons,
                Contains(AllOf(StartsWith("control_differs: "), HasSubstr("GET /orders/{id}: body/total"),
                               HasSubstr("in 5,000 of 5,000 pairs"))));
  }
  EXPECT_THAT(control_shows({divergence("status", Kind::status, "200→404")}, true).reasons,
              Contains(AllOf(StartsWith("control_differs: "), HasSubstr("status 200→404"))));
  EXPECT_THAT(control_shows({divergence("body/items/*/price", Kind::type, "number→string")}, true).reasons,
              Contains(StartsWith("control_differs: ")));
}

class NoiseOfOneVersion : public testing::TestWithParam<Divergence> {};
INSTANTIATE_TEST_SUITE_P(Of, NoiseOfOneVersion,
                         testing::Values(divergence("body/id", Kind::value, "uuid→uuid"),
                                         divergence("body/at", Kind::value, "timestamp→timestamp"),
                                         divergence("body/name"), divergence("body/tags", Kind::reordered, "list"),
                                         divergence("body/sessions/*", Kind::missing, "text"),
                                         divergence("header/set-cookie/session", Kind::added, "token")));

TEST_P(NoiseOfOneVersion, IsNoDifferenceOfControl) {
  EXPECT_EQ(control_shows({GetParam()}, true).verdict, Verdict::pass);
}

TEST(AggregateArms, AFieldThatComesAndGoesAndOneThatARuleCoversAreNoDifferenceOfControl) {
  Story story;
  story.pairs(5000, [](Comparison& pair, int i) {
    const Divergence missing = divergence("body/discount", Kind::missing, "number");
    const Divergence added = divergence("body/discount", Kind::added, "number");
    pair.control_divergences = {i % 3 == 0 ? added : missing};
    pair.candidate_divergences = {i % 3 == 1 ? added : missing};
  });
  EXPECT_THAT(story.ended().reasons, Not(Contains(StartsWith("control_differs"))));
  Divergence ruled = divergence("header/x-proxy", Kind::missing, "text");
  ruled.disposition = Disposition::hidden;
  EXPECT_EQ(control_shows({ruled}, true).verdict, Verdict::pass);
}

TEST(AggregateArms, HowOftenControlMayDifferIsThePolicysToSay) {
  AggregateOptions options;
  options.policy.control_differs = 1;
  const std::vector<Divergence> missing{divergence("body/total", Kind::missing, "number")};
  EXPECT_EQ(control_shows(missing, true, options).verdict, Verdict::pass) << "more than all there never is";
  options.policy.control_differs = 0.5;
  options.control = ControlMode::none;
  EXPECT_THAT(control_shows(missing, true, options).reasons, Not(Contains(StartsWith("control_differs"))));
}

}  // namespace
}  // namespace truemirror
