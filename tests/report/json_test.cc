// The JSON of design.md §10: every field with its type, exact values, hostile bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>

#include "diff/report/render.h"
#include "harmless.h"
#include "proxy/http/redactor.h"
#include "sample_report.h"

namespace truemirror {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

json::object parsed(const std::string& text) { return json::parse(text).as_object(); }

std::vector<std::string> keys_of(const json::value& object) {
  std::vector<std::string> keys;
  for (const auto& member : object.as_object()) keys.emplace_back(member.key());
  return keys;
}

TEST(ReportJson, HasTheFieldsOfTheContractInItsOrder) {
  const json::object document = parsed(render_json(rich_report()));
  EXPECT_THAT(keys_of(document), ElementsAre("schema", "run", "verdict", "calibrated", "reasons", "judged", "totals",
                                             "arms", "endpoints", "findings", "rules"));
  EXPECT_EQ(document.at("schema").as_int64(), 1);
  EXPECT_EQ(document.at("verdict").as_string(), "fail");
  EXPECT_TRUE(document.at("calibrated").as_bool());
  EXPECT_EQ(document.at("reasons").as_array().size(), 2U);
  EXPECT_THAT(keys_of(document.at("run")),
              ElementsAre("id", "started", "ended", "source", "version", "stable", "candidate", "control"));
  EXPECT_EQ(document.at("run").at("started").as_string(), "2026-11-22T20:01:00Z");
  const json::object& totals = document.at("totals").as_object();
  EXPECT_THAT(keys_of(totals), ElementsAre("requests", "sampled", "compared", "diverged", "in_flight", "dropped"));
  EXPECT_EQ(totals.at("dropped").at("candidate_budget").as_int64(), 60);
}

TEST(ReportJson, AnEndpointHasItsTestsAndLatenciesInSeconds) {
  const json::object document = parsed(render_json(rich_report()));
  const json::value& endpoint = document.at("endpoints").at(2);
  EXPECT_THAT(keys_of(endpoint), ElementsAre("endpoint", "pairs", "verdict", "diverged", "errors", "tests", "latency"));
  const json::value& test = endpoint.at("tests").at(3);
  EXPECT_THAT(keys_of(test), ElementsAre("metric", "b", "c", "n", "blocks_b", "blocks_c", "ln_e", "e_value", "excess",
                                         "upper", "tolerance", "pairs_needed", "verdict"));
  EXPECT_EQ(test.at("metric").as_string(), "latency_p99");
  EXPECT_DOUBLE_EQ(test.at("ln_e").as_double(), 31.5);
  EXPECT_DOUBLE_EQ(test.at("e_value").as_double(), std::exp(31.5));
  for (const char* arm : {"stable", "candidate", "control"}) {
    EXPECT_THAT(keys_of(endpoint.at("latency").at(arm)), ElementsAre("count", "p50", "p90", "p99", "max"));
  }
  EXPECT_NEAR(endpoint.at("latency").at("candidate").at("p50").as_double(), 0.0121, 0.001);
}

TEST(ReportJson, AFindingHasItsEvidenceAndExamples) {
  const json::object document = parsed(render_json(rich_report()));
  const json::value& finding = document.at("findings").at(0);
  EXPECT_THAT(keys_of(finding), ElementsAre("id", "endpoint", "location", "kind", "transition", "status", "proven",
                                            "candidate_only", "control_only", "both", "blocks_b", "blocks_c", "ln_e",
                                            "e_value", "first_seen", "last_seen", "issue", "examples"));
  EXPECT_EQ(finding.at("status").as_string(), "new");
  EXPECT_EQ(finding.at("last_seen").as_string(), "2026-11-22T20:01:58.12Z");
  const json::value& example = finding.at("examples").at(0);
  EXPECT_THAT(keys_of(example), ElementsAre("request", "stable", "candidate", "control", "divergences"));
  EXPECT_THAT(keys_of(example.at("request")),
              ElementsAre("method", "target", "headers", "body", "encoding", "truncated"));
  EXPECT_THAT(keys_of(example.at("stable")),
              ElementsAre("status", "headers", "body", "encoding", "truncated", "error", "latency"));
  EXPECT_DOUBLE_EQ(example.at("stable").at("latency").as_double(), 0.012);
  EXPECT_EQ(example.at("stable").at("headers").at(0).at(0).as_string(), "Content-Type");
  const json::value& divergence = example.at("divergences").at(0);
  EXPECT_THAT(keys_of(divergence), ElementsAre("location", "kind", "stable", "candidate", "classes"));
  EXPECT_EQ(divergence.at("classes").as_array().size(), 2U);
}

TEST(ReportJson, EvidenceIsCappedWhereANumberCouldNotHoldIt) {
  Report report = rich_report();
  report.findings[0].ln_e = 5000;
  report.findings[1].ln_e = std::nan("");
  const json::object document = parsed(render_json(report));
  EXPECT_DOUBLE_EQ(document.at("findings").at(0).at("e_value").as_double(), 1e300);
  EXPECT_EQ(document.at("findings").at(0).at("ln_e").to_number<double>(), 5000);
  EXPECT_TRUE(document.at("findings").at(1).at("e_value").is_null());
}

TEST(ReportJson, ValuesKeepEveryDigitAndLongOnesAreCutAndMarked) {
  Report report = rich_report();
  Divergence& divergence = report.findings[0].examples[0].divergences[0];
  divergence.stable = "9007199254740993";
  divergence.arm = "0.10000000000000001";
  EXPECT_THAT(render_json(report), HasSubstr(R"("stable":9007199254740993,"candidate":0.10000000000000001)"));
  divergence.stable.reset();
  divergence.arm = '"' + std::string(255, 'x') + "🚀\"";
  const json::value shown =
      parsed(render_json(report)).at("findings").at(0).at("examples").at(0).at("divergences").at(0);
  EXPECT_TRUE(shown.at("stable").is_null());
  EXPECT_TRUE(shown.at("cut").as_bool());
  EXPECT_EQ(shown.at("candidate").as_string(), '"' + std::string(255, 'x') + "…");
}

TEST(ReportJson, BodiesAreTextOrBase64AsTheirEncodingSays) {
  Report report = rich_report();
  Example& example = report.findings[0].examples[0];
  example.stable.body = Body("\xff\xfe\x01");
  example.candidate.body.bytes = "caf\xc3";  // cut within é
  example.candidate.body.length = 900;
  const json::value shown = parsed(render_json(report)).at("findings").at(0).at("examples").at(0);
  EXPECT_EQ(shown.at("stable").at("body").as_string(), "//4B");
  EXPECT_EQ(shown.at("stable").at("encoding").as_string(), "base64");
  EXPECT_EQ(shown.at("candidate").at("body").as_string(), "caf");
  EXPECT_EQ(shown.at("candidate").at("encoding").as_string(), "utf8");
  EXPECT_TRUE(shown.at("candidate").at("truncated").as_bool());
}

TEST(ReportJson, HostileBytesLeaveItValid) {
  const std::string text = render_json(evil_report());
  const json::object document = parsed(text);
  const json::value& control = document.at("findings").at(0).at("examples").at(0).at("control");
  EXPECT_EQ(control.at("error").as_string(), "garbage");
  EXPECT_EQ(control.at("status").as_int64(), 0);
}

class MarkingRedactor : public Redactor {
 public:
  std::string target(std::string_view) const override { return "/safe"; }
  Headers headers(const Headers& headers) const override { return headers; }
  SafeBody body(const Headers&, const Body& body) const override { return {body, false, false}; }
  std::string value(std::string_view, std::string_view) const override { return R"("[redacted]")"; }
};

TEST(ComparisonLine, IsOneLineOfRedactedJson) {
  const Example example = rich_report().findings[0].examples[0];
  Comparison comparison;
  comparison.sequence = 17;
  comparison.at = WallTime(std::chrono::seconds(1));
  comparison.endpoint = "GET /customers/{id}";
  comparison.request = example.request;
  comparison.stable = example.stable;
  comparison.candidate = example.candidate;
  comparison.candidate_divergences = example.divergences;
  const std::string line = render_comparison(comparison, "run7", MarkingRedactor());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find("Łukasz"), std::string::npos);
  EXPECT_EQ(line.find("8841"), std::string::npos);
  const json::object shown = parsed(line);
  EXPECT_THAT(keys_of(shown),
              ElementsAre("at", "id", "endpoint", "method", "target", "divergent", "divergences", "status", "latency"));
  EXPECT_EQ(shown.at("at").as_string(), "1970-01-01T00:00:01Z");
  EXPECT_EQ(shown.at("id").as_string(), "run7-17");
  EXPECT_TRUE(shown.at("divergent").as_bool());
  EXPECT_TRUE(shown.at("status").at("control").is_null());
  EXPECT_DOUBLE_EQ(shown.at("latency").at("candidate").as_double(), 0.012);
}

}  // namespace
}  // namespace truemirror
