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

TEST(AggregateRules, TheDefaultHeaderRulesReportWhatTheyHidToo) {
  Story story;
  story.pairs(40, [&](Comparison& pair, int i) {
    pair.stable.headers = {{"Date", "a"}, {"Server", "v1"}};
    pair.candidate.headers = {{"Date", i % 4 == 0 ? "b" : "a"}, {"Server", "v2"}};
    pair.control->headers = {{"Date", "c"}, {"Server", "v3"}};
    compare(pair, {});
  });
  const Report report = story.ended();
  ASSERT_EQ(report.rules.size(), 2u);
  EXPECT_EQ(report.rules[0].rule, "default: date");
  EXPECT_EQ(report.rules[0].hidden, 10u);
  EXPECT_EQ(report.rules[1].rule, "default: server");
  EXPECT_EQ(report.rules[1].hidden, 40u);
  EXPECT_TRUE(report.findings.empty());
}

TEST(AggregateRules, ARenamingIsOneFindingAndABrokenReferenceAnother) {
  const auto answer = [](std::string_view header, std::string_view body) {
    Response out;
    out.status = 200;
    out.headers = {{"Content-Type", "application/json"}, {"X-Request-Id", header}};
    out.body = Body(R"({"request":")" + std::string(body) + R"("})");
    return out;
  };
  const auto id = [](int i, int arm) {
    std::string digits = std::to_string(100'000 + i * 10 + arm);
    return "550e8400-e29b-41d4-a716-446655" + digits;
  };
  Story story;
  story.pairs(300, [&](Comparison& pair, int i) {
    pair.stable = answer(id(i, 0), id(i, 0));
    pair.candidate = answer(id(i, 1), id(i, 2));
    pair.control = answer(id(i, 3), id(i, 3));
    compare(pair, {});
  });
  const Report report = story.ended();
  ASSERT_EQ(report.findings.size(), 2u);
  EXPECT_EQ(report.findings[0].location, "header/x-request-id");
  EXPECT_EQ(report.findings[0].transition, "uuid→inconsistent");
  EXPECT_TRUE(report.findings[0].proven);
  EXPECT_EQ(report.findings[1].location, "body/request");
  EXPECT_EQ(report.findings[1].transition, "uuid→uuid");
  EXPECT_EQ(report.findings[1].status, FindingStatus::noise);
}

}  // namespace
}  // namespace truemirror
