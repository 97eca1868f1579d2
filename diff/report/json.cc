// The report as the JSON document of design.md §10. Beside its fields: `issue` of a finding, `tolerance` and
// `pairs_needed` of a test, `arms`, of
// an endpoint `uncompared` (samples in which the candidate was not compared, by reason) and `uncompared_control`,
// `budget` (seconds) of a budget_* test, `judged`, `rules`, and of a request body `encoding` and `truncated`, as a
// response has them.
#include <algorithm>

#include "diff/report/message_json.h"
#include "diff/report/phrase.h"
#include "diff/report/render.h"
#include "diff/report/shown_text.h"
#include "proxy/http/base64.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

double seconds(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

void write_optional_text(JsonWriter& json, const std::string& text) {
  if (text.empty()) {
    json.null();
  } else {
    json.text(text);
  }
}

void write_run(JsonWriter& json, const RunInfo& run) {
  json.line().key("run").begin_object();
  json.key("id").text(run.id).key("started").text(phrase_time(run.started)).key("ended");
  if (run.ended) {
    json.text(phrase_time(*run.ended));
  } else {
    json.null();
  }
  json.key("source").text(run.source).key("version").text(run.version);
  json.key("stable").text(run.stable).key("candidate").text(run.candidate).key("control");
  write_optional_text(json, run.control);
  json.end_object();
}

void write_judged(JsonWriter& json, const JudgedBy& judged) {
  json.line().key("judged").begin_object().key("alpha").number(judged.alpha);
  json.key("burst").number(seconds(judged.burst)).key("control_failures").number(judged.control_failures);
  json.key("templates");
  write_optional_text(json, judged.templates);
  json.end_object();
}

void write_totals(JsonWriter& json, const Totals& totals) {
  json.line().key("totals").begin_object();
  json.key("requests").number(totals.requests).key("sampled").number(totals.sampled);
  json.key("compared").number(totals.compared).key("diverged").number(totals.diverged);
  json.key("in_flight").number(totals.in_flight).key("dropped").begin_object();
  for (const auto& [reason, samples] : totals.dropped) json.key(reason).number(samples);
  json.end_object().end_object();
}

void write_answers(JsonWriter& json, std::string_view arm, const ArmAnswers& answers) {
  json.key(arm).begin_object().key("asked").number(answers.asked).key("answered").number(answers.answered);
  json.key("silent").boolean(answers.silent).key("error");
  write_optional_text(json, answers.error);
  json.end_object();
}

void write_test(JsonWriter& json, const TestReport& test) {
  json.begin_object().key("metric").text(test.metric);
  json.key("b").number(test.b).key("c").number(test.c).key("n").number(test.n);
  json.key("blocks_b").number(test.blocks_b).key("blocks_c").number(test.blocks_c);
  json.key("ln_e").number(test.ln_e).key("e_value").number(capped_e_value(test.ln_e));
  json.key("excess").number(test.excess).key("upper").number(test.upper).key("tolerance").number(test.tolerance);
  json.key("pairs_needed").number(test.pairs_needed).key("verdict").text(to_string(test.verdict));
  if (test.budget > 0) json.key("budget").number(test.budget);
  json.end_object();
}

void write_latency(JsonWriter& json, std::string_view arm, const Histogram& histogram) {
  json.key(arm).begin_object().key("count").number(histogram.count());
  json.key("p50").number(histogram.quantile(0.5)).key("p90").number(histogram.quantile(0.9));
  json.key("p99").number(histogram.quantile(0.99)).key("max").number(histogram.max()).end_object();
}

// Only where there are any.
void write_uncompared(JsonWriter& json, std::string_view key,
                      const std::array<std::uint64_t, kUncomparedReasons>& counts) {
  if (std::all_of(counts.begin(), counts.end(), [](std::uint64_t count) { return count == 0; })) return;
  json.key(key).begin_object();
  for (std::size_t at = 0; at < counts.size(); ++at) {
    if (counts.at(at) > 0) json.key(to_string(uncompared_reason(at))).number(counts.at(at));
  }
  json.end_object();
}

void write_endpoint(JsonWriter& json, const EndpointReport& endpoint) {
  json.line().begin_object().key("endpoint").text(endpoint.endpoint).key("pairs").number(endpoint.pairs);
  write_uncompared(json, "uncompared", endpoint.uncompared.candidate);
  write_uncompared(json, "uncompared_control", endpoint.uncompared.control);
  json.key("verdict").text(to_string(endpoint.verdict));
  json.key("diverged").number(endpoint.diverged).key("errors").number(endpoint.errors);
  json.key("tests").begin_array();
  for (const TestReport& test : endpoint.tests) write_test(json, test);
  json.end_array().key("latency").begin_object();
  write_latency(json, "stable", endpoint.latency.stable);
  write_latency(json, "candidate", endpoint.latency.candidate);
  write_latency(json, "control", endpoint.latency.control);
  json.end_object().end_object();
}

void write_headers(JsonWriter& json, const Headers& headers) {
  json.key("headers").begin_array();
  for (const HeaderField field : headers) json.begin_array().text(field.name).text(field.value).end_array();
  json.end_array();
}

void write_body(JsonWriter& json, const Body& body) {
  // A cut in the middle of a code point does not make a text binary.
  const std::string_view bytes = body.truncated() ? utf8_whole(body.bytes) : std::string_view(body.bytes);
  if (is_utf8(bytes)) {
    json.key("body").text(bytes).key("encoding").text("utf8");
  } else {
    json.key("body").text(base64(body.bytes)).key("encoding").text("base64");
  }
  json.key("truncated").boolean(body.truncated());
}

void write_response(JsonWriter& json, const Response& response) {
  json.begin_object().key("status").number(response.status);
  write_headers(json, response.headers);
  write_body(json, response.body);
  json.key("error");
  write_optional_text(json, std::string(to_string(response.error)));
  json.key("latency").number(seconds(response.latency())).end_object();
}

void write_example(JsonWriter& json, const Example& example) {
  json.begin_object().key("request").begin_object();
  json.key("method").text(example.request.method).key("target").text(example.request.target);
  write_headers(json, example.request.headers);
  write_body(json, example.request.body);
  json.end_object().key("stable");
  write_response(json, example.stable);
  json.key("candidate");
  write_response(json, example.candidate);
  json.key("control");
  if (example.control) {
    write_response(json, *example.control);
  } else {
    json.null();
  }
  json.key("divergences").begin_array();
  for (const Divergence& divergence : example.divergences) write_divergence(json, divergence);
  json.end_array().end_object();
}

void write_finding(JsonWriter& json, const FindingReport& finding) {
  json.line().begin_object().key("id").text(finding.id).key("endpoint").text(finding.endpoint);
  json.key("location").text(finding.location).key("kind").text(to_string(finding.kind));
  json.key("transition").text(finding.transition).key("status").text(to_string(finding.status));
  json.key("proven").boolean(finding.proven).key("candidate_only").number(finding.candidate_only);
  json.key("control_only").number(finding.control_only).key("both").number(finding.both);
  json.key("blocks_b").number(finding.blocks_b).key("blocks_c").number(finding.blocks_c);
  json.key("ln_e").number(finding.ln_e).key("e_value").number(capped_e_value(finding.ln_e));
  json.key("first_seen").text(phrase_time(finding.first_seen)).key("last_seen").text(phrase_time(finding.last_seen));
  json.key("issue").text(finding.issue).key("examples").begin_array();
  for (const Example& example : finding.examples) write_example(json, example);
  json.end_array().end_object();
}

void write_rule(JsonWriter& json, const RuleUse& rule) {
  json.line().begin_object().key("rule").text(rule.rule).key("reason").text(rule.reason);
  json.key("hidden").number(rule.hidden).key("accepted").number(rule.accepted).key("expired").boolean(rule.expired);
  json.end_object();
}

}  // namespace

std::string render_json(const Report& report) {
  JsonWriter json;
  json.begin_object().key("schema").number(1);
  write_run(json, report.run);
  json.line().key("verdict").text(to_string(report.verdict)).key("calibrated").boolean(report.calibrated);
  json.key("reasons").begin_array();
  for (const std::string& reason : report.reasons) json.text(reason);
  json.end_array();
  write_judged(json, report.judged);
  write_totals(json, report.totals);
  json.line().key("arms").begin_object();
  write_answers(json, "candidate", report.candidate);
  write_answers(json, "control", report.control);
  json.end_object().line().key("endpoints").begin_array();
  for (const EndpointReport& endpoint : report.endpoints) write_endpoint(json, endpoint);
  json.end_array().line().key("findings").begin_array();
  for (const FindingReport& finding : report.findings) write_finding(json, finding);
  json.end_array().line().key("rules").begin_array();
  for (const RuleUse& rule : report.rules) write_rule(json, rule);
  json.end_array().line().end_object();
  return json.take() + "\n";
}

}  // namespace truemirror
