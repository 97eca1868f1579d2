#include "diff/rules.h"

#include <gmock/gmock.h>

#include "diff/pattern.h"
#include "diff/timestamp.h"
#include "diff_testing.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string complaint(std::string_view yaml) {
  const auto result = RuleSet::parse(yaml, "rules.yaml", WallTime{});
  return result.has_error() ? result.error().text : "";
}

std::string one_rule(std::string_view action, std::string_view where = "{location: \"body/**\"}") {
  return "version: 1\nrules:\n  - where: " + std::string(where) + "\n    " + std::string(action) +
         "\n    reason: because\n";
}

// The divergences of two JSON bodies under one rule, the covered ones in brackets.
Lines under(const std::string& yaml, std::string stable, std::string arm) {
  CompareOptions options;
  options.rules = rules(yaml);
  Lines out;
  for (const Divergence& d : divergences(response(std::move(stable)), response(std::move(arm)), options)) {
    EXPECT_EQ(d.rule >= 0, d.disposition != Disposition::open);
    out.push_back(d.disposition == Disposition::open ? line(d) : "[" + line(d) + "]");
  }
  return out;
}

TEST(Pattern, StarsMatchSegmentsAndTheirParts) {
  EXPECT_TRUE(Pattern("body/items/*/price").matches("body/items/3/price"));
  EXPECT_FALSE(Pattern("body/items/*").matches("body/items/3/price"));
  EXPECT_TRUE(Pattern("body/**/price").matches("body/price"));
  EXPECT_TRUE(Pattern("body/**/price").matches("body/a/b/price"));
  EXPECT_FALSE(Pattern("body/**/price").matches("body/a/prices"));
  EXPECT_TRUE(Pattern("body/*_at").matches("body/created_at"));
  EXPECT_TRUE(Pattern("**").matches("status"));
  EXPECT_TRUE(Pattern("GET /orders/**").matches("GET /orders/{id}/lines"));
  EXPECT_FALSE(Pattern("GET /orders").matches("POST /orders"));
  EXPECT_TRUE(Pattern("a/**/b/**/c").matches("a/x/b/b/y/c"));
}

TEST(Pattern, AnAncestorThatMatchesCovers) {
  EXPECT_TRUE(Pattern("body/meta").covers("body/meta/build/3"));
  EXPECT_TRUE(Pattern("body/*/meta").covers("body/1/meta"));
  EXPECT_FALSE(Pattern("body/meta").covers("body/metadata"));
  EXPECT_FALSE(Pattern("body/meta/x").covers("body/meta"));
}

TEST(Pattern, ManyStarsStayQuick) {
  std::string pattern = "**", path = "x";
  for (int at = 0; at < 200; ++at) pattern += "/a*a*a*a/**";
  for (int at = 0; at < 2000; ++at) path += "/aaaaaaaaaaaaaaab";
  EXPECT_FALSE(Pattern(pattern).matches(path));
}

TEST(Rules, IgnoreHidesAllBelow) {
  EXPECT_THAT(
      under(one_rule("ignore: true", "{location: body/meta}"), R"({"meta":{"a":1,"b":[1]},"x":1})",
            R"({"meta":{"a":2,"b":[1,2]},"x":2})"),
      ElementsAre("[value body/meta/a number→number]", "[added body/meta/b/1 number]", "value body/x number→number"));
}

TEST(Rules, ManyHiddenDivergencesOfOneSignatureAreKeptOnce) {
  EXPECT_THAT(under(one_rule("ignore: true"), "[1,2,3,4]", "[5,6,7,8]"), SizeIs(1));
}

TEST(Rules, TypeOnlyHidesValuesAndNothingElse) {
  EXPECT_THAT(under(one_rule("type_only: true"), R"({"a":1,"b":1,"c":1})", R"({"a":2,"b":"1"})"),
              ElementsAre("[value body/a number→number]", "type body/b number→string", "missing body/c number"));
}

TEST(Rules, ToleranceIsAbsoluteOrRelative) {
  EXPECT_THAT(under(one_rule("tolerance: {abs: 0.01}"), R"({"a":19.99,"b":1})", R"({"a":19.995,"b":2})"),
              ElementsAre("[value body/a number→number]", "value body/b number→number"));
  EXPECT_THAT(under(one_rule("tolerance: {rel: 0.1}"), R"({"a":100,"b":"7"})", R"({"a":109,"b":"8"})"),
              ElementsAre("[value body/a number→number]", "value body/b number→number"));
}

TEST(Rules, ToleranceCountsInDecimals) {
  EXPECT_THAT(
      under(one_rule("tolerance: {abs: 0.01}"), R"({"a":1.00,"b":1.00,"c":"4.35"})",
            R"({"a":1.01,"b":1.010000000000000001,"c":"4.36"})"),
      ElementsAre("[value body/a number→number]", "value body/b number→number", "[value body/c number→number]"));
}

TEST(Rules, ReplaceHidesWhatIsEqualAfterwards) {
  EXPECT_THAT(under(one_rule("replace: {regex: 'v[0-9]+', with: v}"), R"({"a":"/v1/x","b":"/v1/x"})",
                    R"({"a":"/v2/x","b":"/v2/y"})"),
              ElementsAre("[value body/a text→text]", "value body/b text→text"));
}

TEST(Rules, TimeWithinHidesClocksThatAreClose) {
  EXPECT_THAT(under(one_rule("time_within: 5s"), R"({"a":"2026-11-22T20:00:00Z","b":"2026-11-22T20:00:00Z"})",
                    R"({"a":"2026-11-22T20:00:05Z","b":"2026-11-22T20:00:06Z"})"),
              ElementsAre("[value body/a timestamp→timestamp]", "value body/b timestamp→timestamp"));
}

TEST(Rules, AcceptIsForOneTransition) {
  const std::string yaml = one_rule("accept: {kind: type, from: string, to: 'null'}");
  CompareOptions options;
  options.rules = rules(yaml);
  const auto found = divergences(response(R"({"a":"x","b":"x"})"), response(R"({"a":null,"b":1})"), options);
  ASSERT_THAT(lines(found), ElementsAre("type body/a string→null", "type body/b string→number"));
  EXPECT_EQ(found[0].disposition, Disposition::accepted);
  EXPECT_EQ(found[1].disposition, Disposition::open);
}

TEST(Rules, AcceptKnowsAbsence) {
  EXPECT_THAT(under(one_rule("accept: {to: absent}"), R"({"a":1})", R"({"b":1})"),
              ElementsAre("[missing body/a number]", "added body/b number"));
}

TEST(Rules, ARuleIsForItsEndpointOnly) {
  EXPECT_THAT(under(one_rule("ignore: true", "{endpoint: 'POST /**'}"), "[1]", "[2]"),
              ElementsAre("value body/0 number→number"));
  EXPECT_THAT(under(one_rule("ignore: true", "{endpoint: '/orders/*'}"), "[1]", "[2]"),
              ElementsAre("[value body/0 number→number]"));
}

TEST(Rules, AnExpiredRuleHidesNothingAndSaysSo) {
  const auto parse_on = [](std::string_view today) {
    return RuleSet::parse(one_rule("ignore: true\n    expires: 2026-12-31"), "r", parse_iso_date(today).value())
        .value();
  };
  EXPECT_FALSE(parse_on("2026-12-31")->rules()[0].expired);
  ASSERT_TRUE(parse_on("2027-01-01")->rules()[0].expired);
  CompareOptions options;
  options.rules = parse_on("2027-01-01");
  EXPECT_EQ(divergences(response("[1]"), response("[2]"), options)[0].disposition, Disposition::open);
}

TEST(Rules, ARuleThatEndsWhileARunGoesOnHidesNothingAfterwards) {
  CompareOptions options;
  options.rules =
      RuleSet::parse(one_rule("ignore: true\n    expires: 2026-12-31"), "r", parse_iso_date("2026-12-01").value())
          .value();
  Comparison comparison;
  comparison.stable = response("[1]");
  comparison.candidate = response("[2]");
  const WallTime end = parse_iso_date("2027-01-01").value();
  for (const auto& [at, expected] :
       {std::pair{end - std::chrono::seconds(1), Disposition::hidden}, {end, Disposition::open}}) {
    comparison.at = at;
    compare(comparison, options);
    EXPECT_EQ(comparison.candidate_divergences.at(0).disposition, expected);
  }
}

TEST(Rules, ALocationThatNoResponseHasIsAMistake) {
  EXPECT_THAT(complaint(one_rule("ignore: true", "{location: bdy/x}")),
              AllOf(HasSubstr(":3:23"), HasSubstr("no location begins with 'bdy'; did you mean 'body'?")));
  EXPECT_THAT(complaint(one_rule("ignore: true", "{location: /meta}")), HasSubstr("status, header, trailer, body"));
}

TEST(Rules, DefaultsCanBeTurnedOff) {
  Response stable = response("{}"), arm = stable;
  stable.headers.add("Server", "v1");
  arm.headers.add("Server", "v2");
  CompareOptions options;
  options.rules = rules("version: 1");
  EXPECT_THAT(divergences(stable, arm, options), SizeIs(0));
  options.rules = rules("version: 1\ndefaults: false");
  EXPECT_THAT(lines(divergences(stable, arm, options)), ElementsAre("value header/server text→text"));
}

TEST(Rules, ComplaintsNamePlaceAndNearestKey) {
  EXPECT_EQ(complaint(one_rule("replace: {regx: a}")),
            "rules.yaml:4:15: unknown key 'regx' in replace; did you mean 'regex'?");
  EXPECT_EQ(complaint(one_rule("ignroe: true")),
            "rules.yaml:4:5: unknown key 'ignroe' in a rule; did you mean 'ignore'?");
  EXPECT_EQ(complaint("version: 2"), "rules.yaml:1:10: a rules file begins with 'version: 1'");
  EXPECT_THAT(complaint("version: 1\nrules: {a"), HasSubstr("rules.yaml:2:"));
}

TEST(Rules, AFirstLineThatIsIndentedDoesNotLoseTheRest) {
  EXPECT_THAT(complaint("  version: 1\nrules:\n  - where: {}\n    ignore: true\n    reason: r\n"),
              HasSubstr("rules.yaml:2:1: not YAML: a second document begins here"));
  EXPECT_EQ(complaint("---\nversion: 1\n---\n"), "");
  EXPECT_EQ(complaint("# nothing yet\n"), complaint(""));
  EXPECT_THAT(complaint(",version: 1\nrules: []\n"), HasSubstr("not YAML"));
}

TEST(Rules, ComplaintsSayWhatWouldBeRight) {
  EXPECT_THAT(complaint(one_rule("time_within: soon")), HasSubstr("5s, 250ms or 1h"));
  EXPECT_THAT(complaint(one_rule("replace: {regex: '('}")), HasSubstr("does not compile"));
  EXPECT_THAT(complaint(one_rule("replace: {regex: a, with: '\\3'}")), HasSubstr("does not fit"));
  EXPECT_THAT(complaint(one_rule("tolerance: {abs: -1}")), HasSubstr("a number from 0"));
  EXPECT_THAT(complaint(one_rule("accept: {kind: typo}")), HasSubstr("did you mean 'type'?"));
  EXPECT_THAT(complaint(one_rule("ignore: true\n    type_only: true")), HasSubstr("one action"));
  EXPECT_THAT(complaint(one_rule("expires: 2026-12-31")), HasSubstr("needs an action"));
  EXPECT_THAT(complaint(one_rule("ignore: true\n    expires: 2026-13-01")), HasSubstr("2026-12-31"));
  EXPECT_THAT(complaint("version: 1\nrules:\n  - where: {location: body}\n    ignore: true\n"), HasSubstr("'reason'"));
  EXPECT_THAT(complaint("version: 1\nrules:\n  - ignore: true\n    reason: x\n"), HasSubstr("needs 'where"));
  EXPECT_THAT(complaint(one_rule("ignore: true\n    ignore: true")), HasSubstr("twice"));
  EXPECT_THAT(complaint("[1, 2]"), HasSubstr("has to be a map"));
}

Divergence price_change() { return divergences(response(R"([{"price":"1.5"}])"), response(R"([{"price":1.5}])"))[0]; }

TEST(AcceptRule, WrittenIntoANewFileAcceptsWhatItWasWrittenFor) {
  const auto file = append_accept_rule("", "rules.yaml", "GET /orders/{id}", price_change(), "ORD-7: \"fine\"");
  ASSERT_TRUE(file.has_value()) << file.error().text;
  EXPECT_THAT(under(*file, R"([{"price":"1.5"}])", R"([{"price":1.5}])"),
              ElementsAre("[type body/0/price string→number]"));
  EXPECT_THAT(under(*file, R"([{"price":"1.5"}])", R"([{"price":null}])"),
              ElementsAre("type body/0/price string→null"));
  EXPECT_EQ(rules(*file)->rules()[0].reason, "ORD-7: \"fine\"");
}

TEST(AcceptRule, KeepsWhatTheFileSays) {
  const std::string before = "# ours\n" + one_rule("ignore: true", "{location: body/x}") + "defaults: false\n";
  const auto file = append_accept_rule(before, "rules.yaml", "GET /", price_change(), "fine");
  ASSERT_TRUE(file.has_value()) << file.error().text;
  EXPECT_THAT(*file, HasSubstr("# ours\n"));
  EXPECT_FALSE(rules(*file)->defaults());
  EXPECT_THAT(rules(*file)->rules(), SizeIs(2));
}

TEST(AcceptRule, TwoAreWrittenOneAfterTheOther) {
  const auto one = append_accept_rule("version: 1\n", "r", "GET /", price_change(), "a");
  ASSERT_TRUE(one.has_value());
  const auto two = append_accept_rule(*one, "r", "GET /b", price_change(), "b");
  ASSERT_TRUE(two.has_value()) << two.error().text;
  EXPECT_EQ(rules(*two)->rules()[1].reason, "b");
}

TEST(AcceptRule, WhatIsAcceptedAlreadyIsNotWrittenAgain) {
  const auto one = append_accept_rule("", "r", "GET /", price_change(), "a").value();
  EXPECT_EQ(append_accept_rule(one, "r", "GET /", price_change(), "another reason").value(), one);
}

TEST(AcceptRule, ABrokenFileIsLeftAlone) {
  EXPECT_THAT(append_accept_rule(std::string_view("%\0", 2), "r.yaml", "GET /", price_change(), "a").error().text,
              HasSubstr("would not be read"));
  EXPECT_THAT(append_accept_rule("version: 7", "r.yaml", "GET /", price_change(), "a").error().text,
              HasSubstr("r.yaml:1"));
  EXPECT_THAT(append_accept_rule("version: 1\nrules: []\n", "r.yaml", "GET /", price_change(), "a").error().text,
              HasSubstr("one below the other"));
}

}  // namespace
}  // namespace truemirror
