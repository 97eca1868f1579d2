// What `truemirror check --example` reads and says.
#include "proxy/cli/explain.h"

#include <gmock/gmock.h>

#include "diff/timestamp.h"

namespace truemirror {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kRules = R"(version: 1
rules:
  - where: {endpoint: "GET /orders/*", location: body/eta}
    time_within: 5s
    reason: an estimate
    expires: 2026-12-31
  - where: {location: body/meta}
    ignore: true
    reason: build information
    expires: 2026-01-31
  - where: {endpoint: "POST /**"}
    ignore: true
    reason: writes
  - where: {location: body/total}
    tolerance: {abs: 0.01}
    reason: rounding
)";

constexpr std::string_view kExample = R"({
  "endpoint": "GET /orders/{id}",
  "stable": {"headers": {"Content-Type": "application/json", "Date": "a"},
             "body": {"eta": "2026-11-22T20:00:00Z", "meta": 1, "total": 1.5, "n": 1}},
  "candidate": {"headers": [["content-type", "application/json"], ["date", "b"]],
                "body": "{\"eta\":\"2026-11-22T20:00:01Z\",\"meta\":2,\"total\":2.5,\"n\":2}"},
  "control": {"headers": [["content-type", "application/json"]],
              "body": "{\"eta\":\"2026-11-22T20:00:00Z\",\"meta\":1,\"total\":1.5,\"n\":3}"}
})";

std::shared_ptr<const RuleSet> rules(std::string_view yaml = kRules) {
  return RuleSet::parse(yaml, "rules.yaml", parse_iso_date("2026-11-22").value()).value();
}

std::string explained(std::string_view json, bool as_json = false) {
  auto examples = parse_examples(json, "example.json");
  if (examples.has_error()) return examples.error().text;
  std::vector<Explanation> all;
  for (RuleExample& each : *examples) all.push_back(explain(std::move(each), rules()));
  return as_json ? explanations_as_json(all, *rules()) : explanations_as_text(all, *rules(), "rules.yaml");
}

TEST(Explain, SaysWhichRuleHidWhatAndWhyTheOthersHidNothing) {
  EXPECT_EQ(explained(kExample), R"(GET /orders/{id}
  header/date  value text→text
      "a" → "b"
      hidden by default: date (says when it was answered)
  body/eta  value timestamp→timestamp
      "2026-11-22T20:00:00Z" → "2026-11-22T20:00:01Z"
      hidden by rules.yaml:3 time_within body/eta at GET /orders/* (an estimate), expires 2026-12-31
  body/meta  value number→number
      1 → 2
      not hidden
  body/total  value number→number
      1.5 → 2.5
      not hidden
  body/n  value number→number
      1 → 2
      control shows it as well
      not hidden
  rules that hid nothing
    rules.yaml:7 ignore body/meta at **
      expired 2026-01-31; it would cover body/meta
    rules.yaml:11 ignore ** at POST /**
      is for POST /**, not for GET /orders/{id}
    rules.yaml:14 tolerance body/total at **
      body/total differs in a way it does not cover: value number→number
)");
}

TEST(Explain, TheSameAsJson) {
  const std::string json = explained(kExample, true);
  EXPECT_THAT(json, HasSubstr(R"("rule":{"rule":"default: date","reason":"says when it was answered"})"));
  EXPECT_THAT(json, HasSubstr(R"("line":3,"reason":"an estimate","expires":"2026-12-31")"));
  EXPECT_THAT(json, HasSubstr(R"("control_shows":true,"rule":null)"));
  EXPECT_THAT(json, HasSubstr(R"("why":"expired 2026-01-31; it would cover body/meta")"));
}

TEST(Explain, TakesLinesOfComparisons) {
  const std::string lines =
      R"({"at":"x","endpoint":"GET /orders/{id}","method":"GET","target":"/orders/7","divergent":true,"divergences":)"
      R"([{"location":"body/total","kind":"value","stable":1.5,"candidate":1.505,"classes":["number","number"]},)"
      R"({"location":"body/x","kind":"missing","stable":null,"candidate":null,"classes":["null",""]}]})"
      "\n"
      R"({"endpoint":"POST /a","method":"POST","target":"/a","divergences":)"
      R"([{"location":"body","kind":"bytes","stable":{"length":1},"candidate":{"length":2},"classes":["",""],)"
      R"("transition":"length"}]})"
      "\n";
  const std::string text = explained(lines);
  EXPECT_THAT(text, HasSubstr("hidden by rules.yaml:14 tolerance"));
  EXPECT_THAT(text, HasSubstr("body/x  missing null\n      null → absent\n      not hidden"));
  EXPECT_THAT(text, HasSubstr("body  bytes length"));
  EXPECT_THAT(text, HasSubstr("hidden by rules.yaml:11 ignore"));
}

TEST(Explain, TakesAFindingOfAReportAndAsksItsDivergencesWhereBodiesAreCut) {
  const std::string finding =
      R"({"id":"1","endpoint":"GET /orders/{id}","kind":"value","examples":[{"request":{"method":"GET","target":"/orders/7",)"
      R"("headers":[],"body":"","encoding":"utf8","truncated":false},"stable":{"status":200,"headers":[],"body":"{\"to",)"
      R"("encoding":"utf8","truncated":true,"error":null,"latency":0.1},"candidate":{"status":200,"headers":[],"body":"",)"
      R"("encoding":"base64","truncated":false,"error":null,"latency":0.1},"control":null,"divergences":)"
      R"([{"location":"body/total","kind":"value","stable":1.5,"candidate":1.505,"classes":["number","number"]}]}]})";
  const std::string text = explained(finding);
  EXPECT_THAT(text, HasSubstr("divergences as the example has them"));
  EXPECT_THAT(text, HasSubstr("hidden by rules.yaml:14 tolerance"));
}

TEST(Explain, WithoutAnEndpointTheTargetNamesIt) {
  EXPECT_THAT(explained(R"({"request":{"target":"/orders/7"},"stable":{"body":"a"},"candidate":{"body":"a"}})"),
              HasSubstr("GET /orders/{id}\n  nothing differs\n"));
}

TEST(Explain, ComplaintsNameLineColumnAndNearestKey) {
  EXPECT_EQ(explained("{\n  \"stabel\": {}}"),
            "example.json:2:3: unknown key 'stabel' in an example; did you mean 'stable'?");
  EXPECT_EQ(explained(R"({"endpoint":"GET /","stable":{"haeders":[]},"candidate":{}})"),
            "example.json:1:31: unknown key 'haeders' in a response; did you mean 'headers'?");
  EXPECT_EQ(explained("{\n\"stable\": }"), "example.json:2:11: this is not JSON");
  EXPECT_THAT(explained(R"({"endpoint":"GET /","stable":{}})"), HasSubstr("needs 'stable' and 'candidate'"));
  EXPECT_THAT(explained(R"({"stable":{},"candidate":{}})"), HasSubstr("needs an 'endpoint' or a 'request'"));
  EXPECT_THAT(explained(R"({"endpoint":"GET /","stable":{"error":"gone"},"candidate":{}})"), HasSubstr("timeout"));
  EXPECT_THAT(explained(" \n"), HasSubstr("no example"));
}

TEST(Explain, WhatTrafficSaysStaysText) {
  EXPECT_THAT(
      explained("{\"endpoint\":\"GET /\",\"stable\":{\"body\":\"a\"},\"candidate\":{\"body\":\"\\u001b[31m\\u202e\"}}"),
      Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace truemirror
