// With the real comparer and a real rules file: what a rule hides is counted with it.

#include <gtest/gtest.h>

#include "aggregate_story.h"
#include "diff/compare.h"
#include "diff/rules.h"

namespace truemirror {
namespace {

constexpr std::string_view kRules = R"(
version: 1
rules:
  - where: {location: body/version}
    ignore: true
    reason: the build number
)";

TEST(AggregateRules, EachReportsWhatItHid) {
  const auto rules = RuleSet::parse(kRules, "rules.yaml", WallTime(std::chrono::seconds(1'700'000'000)));
  ASSERT_TRUE(rules) << rules.error().text;
  AggregateOptions options;
  options.rules = *rules;
  Story story(options);
  story.pairs(40, [&](Comparison& pair, int i) {
    pair.stable.headers = pair.candidate.headers = pair.control->headers = {{"Content-Type", "application/json"}};
    pair.candidate.body = Body(i % 2 == 0 ? "{\"price\": 1, \"version\": 2}" : "{\"price\": 1}");
    pair.endpoint = story.aggregator.endpoint(pair.request.method, pair.request.target);
    compare(pair, {.rules = *rules});
  });
  const Report report = story.ended();
  ASSERT_EQ(report.rules.size(), 1u);
  EXPECT_EQ(report.rules[0].hidden, 20u);
  EXPECT_EQ(report.rules[0].reason, "the build number");
  EXPECT_FALSE(report.rules[0].expired);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].status, FindingStatus::hidden);
  EXPECT_EQ(report.totals.diverged, 0u);
}

}  // namespace
}  // namespace truemirror
