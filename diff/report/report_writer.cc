// One function a table, each a list of the columns in order. Rows of small tables are replaced as a set.
#include "diff/report/report_writer.h"

#include <array>

#include "diff/report/row_text.h"
#include "diff/report/schema.h"

namespace truemirror {
namespace {

std::int64_t signed64(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::int64_t nanoseconds(WallTime time) { return time.time_since_epoch().count(); }

ReportRow::Field hash_field(const Body& body) {
  return body.hash ? ReportRow::Field(signed64(*body.hash)) : ReportRow::Field();
}

ReportRow::Field text_field(const std::optional<std::string>& text) {
  return text ? ReportRow::Field(std::string_view(*text)) : ReportRow::Field();
}

ReportRow run_row(const Report& report) {
  const RunInfo& run = report.run;
  const Totals& totals = report.totals;
  const ReportRow::Field ended = run.ended ? ReportRow::Field(nanoseconds(*run.ended)) : ReportRow::Field();
  return ReportRow({kReportSchemaVersion, run.id, nanoseconds(run.started), ended, run.source, run.version, run.stable,
                    run.candidate, run.control, to_string(report.verdict), std::int64_t{report.calibrated},
                    signed64(totals.requests), signed64(totals.sampled), signed64(totals.compared),
                    signed64(totals.diverged), signed64(totals.in_flight)});
}

ReportRow endpoint_row(std::int64_t position, const EndpointReport& endpoint) {
  return ReportRow({position, endpoint.endpoint, signed64(endpoint.pairs), signed64(endpoint.diverged),
                    signed64(endpoint.errors), to_string(endpoint.verdict)});
}

ReportRow test_row(std::int64_t endpoint, std::int64_t position, const TestReport& test) {
  return ReportRow({endpoint, position, test.metric, signed64(test.b), signed64(test.c), signed64(test.n),
                    signed64(test.blocks_b), signed64(test.blocks_c), test.ln_e, test.excess, test.upper,
                    test.tolerance, signed64(test.pairs_needed), to_string(test.verdict)});
}

ReportRow test_detail_row(std::int64_t endpoint, std::int64_t position, const TestReport& test) {
  return ReportRow({endpoint, position, test.share, test.peak, test.clustering, test.budget});
}

std::vector<ReportRow> uncompared_rows(std::int64_t endpoint, const UncomparedCounts& counts) {
  std::vector<ReportRow> rows;
  for (std::size_t at = 0; at < kUncomparedReasons; ++at) {
    const std::string_view reason = to_string(uncompared_reason(at));
    if (const auto samples = counts.candidate.at(at))
      rows.push_back(ReportRow({endpoint, to_string(Arm::candidate), reason, signed64(samples)}));
    if (const auto samples = counts.control.at(at))
      rows.push_back(ReportRow({endpoint, to_string(Arm::control), reason, signed64(samples)}));
  }
  return rows;
}

ReportRow judged_row(const JudgedBy& judged) {
  return ReportRow({judged.alpha, std::int64_t{std::chrono::nanoseconds(judged.burst).count()},
                    signed64(judged.control_failures), judged.templates});
}

ReportRow arm_row(Arm arm, const ArmAnswers& answers) {
  return ReportRow({to_string(arm), signed64(answers.asked), signed64(answers.answered), signed64(answers.unanswered),
                    std::int64_t{answers.silent}, answers.error});
}

ReportRow finding_row(std::int64_t position, const FindingReport& finding) {
  return ReportRow({finding.id, position, finding.endpoint, finding.location, to_string(finding.kind),
                    finding.transition, to_string(finding.status), std::int64_t{finding.proven},
                    signed64(finding.candidate_only), signed64(finding.control_only), signed64(finding.both),
                    signed64(finding.blocks_b), signed64(finding.blocks_c), finding.ln_e,
                    nanoseconds(finding.first_seen), nanoseconds(finding.last_seen), finding.issue});
}

// Every statement of a write, compiled once.
std::string insert_into(std::string_view table, int columns) {
  std::string sql = "INSERT OR REPLACE INTO " + std::string(table) + " VALUES (?";
  for (int at = 1; at < columns; ++at) sql += ",?";
  return sql + ")";
}

}  // namespace

struct ReportWriter::Statements {
  explicit Statements(SqliteConnection& to) : connection(to) {}
  SqliteConnection& connection;
  SqliteStatement run{connection, insert_into("run", 16)};
  SqliteStatement reason{connection, insert_into("reason", 2)};
  SqliteStatement dropped{connection, insert_into("dropped", 2)};
  SqliteStatement rule{connection, insert_into("rule", 6)};
  SqliteStatement endpoint{connection, insert_into("endpoint", 6)};
  SqliteStatement test{connection, insert_into("test", 14)};
  SqliteStatement test_detail{connection, insert_into("test_detail", 6)};
  SqliteStatement judged{connection, insert_into("judged", 4)};
  SqliteStatement uncompared{connection, insert_into("uncompared", 4)};
  SqliteStatement arm{connection, insert_into("arm", 6)};
  SqliteStatement latency{connection, insert_into("latency", 6)};
  SqliteStatement finding{connection, insert_into("finding", 17)};
  SqliteStatement example{connection, insert_into("example", 3)};
  SqliteStatement sample{connection, insert_into("sample", 8)};
  SqliteStatement response{connection, insert_into("response", 14)};
  SqliteStatement divergence{connection, insert_into("divergence", 14)};
  SqliteStatement clear_tests{connection, "DELETE FROM test WHERE endpoint = ?"};
  SqliteStatement clear_uncompared{connection, "DELETE FROM uncompared WHERE endpoint = ?"};
  SqliteStatement clear_details{connection, "DELETE FROM test_detail WHERE endpoint = ?"};
  SqliteStatement clear_examples{connection, "DELETE FROM example WHERE finding = ?"};
  SqliteStatement clear_finding{connection, "DELETE FROM finding WHERE id = ?"};
  SqliteStatement clear_sample{connection, "DELETE FROM sample WHERE id = ?"};
  SqliteStatement clear_responses{connection, "DELETE FROM response WHERE sample = ?"};
  SqliteStatement clear_divergences{connection, "DELETE FROM divergence WHERE sample = ?"};
};

ReportWriter::ReportWriter(SqliteConnection& connection)
    : connection_(connection), statements_(std::make_unique<Statements>(connection)) {}
ReportWriter::~ReportWriter() = default;

bool ReportWriter::changed(RowFingerprint& known) {
  const RowFingerprint now = RowFingerprint::of(buffer_);
  buffer_.clear();
  if (now == known) return false;
  known = now;
  return true;
}

void ReportWriter::forget() {
  filled_ = false;
  run_ = {};
  endpoints_.clear();
  findings_.clear();
  samples_.clear();
}

void ReportWriter::write(const Report& report) {
  if (!filled_) {
    static constexpr std::array kTables{"run",         "reason",   "dropped",    "rule",      "endpoint", "test",
                                        "test_detail", "judged",   "arm",        "latency",   "finding",  "example",
                                        "sample",      "response", "divergence", "uncompared"};
    for (const char* table : kTables) connection_.run(("DELETE FROM " + std::string(table)).c_str());
    filled_ = true;
  }
  ++generation_;
  write_run(report);
  write_endpoints(report.endpoints);
  std::int64_t position = 0;
  for (const FindingReport& finding : report.findings) write_finding(finding, position++);
  remove_stale();
}

void ReportWriter::write_run(const Report& report) {
  std::vector<ReportRow> rows{run_row(report)};
  const std::size_t judged_at = rows.size();
  rows.push_back(judged_row(report.judged));
  const std::size_t arms_at = rows.size();
  rows.push_back(arm_row(Arm::candidate, report.candidate));
  rows.push_back(arm_row(Arm::control, report.control));
  const std::size_t reasons_at = rows.size();
  std::int64_t position = 0;
  for (const std::string& reason : report.reasons) rows.push_back(ReportRow({position++, reason}));
  const std::size_t dropped_at = rows.size();
  for (const auto& [reason, samples] : report.totals.dropped) rows.push_back(ReportRow({reason, signed64(samples)}));
  const std::size_t rules_at = rows.size();
  position = 0;
  for (const RuleUse& rule : report.rules) {
    rows.push_back(ReportRow({position++, rule.rule, rule.reason, signed64(rule.hidden), signed64(rule.accepted),
                              std::int64_t{rule.expired}}));
  }
  for (const ReportRow& row : rows) row.append_to(buffer_);
  if (!changed(run_)) return;
  connection_.run(
      "DELETE FROM run; DELETE FROM judged; DELETE FROM arm; DELETE FROM reason; DELETE FROM dropped; DELETE FROM "
      "rule");
  for (std::size_t at = 0; at < rows.size(); ++at) {
    SqliteStatement& insert = at < judged_at    ? statements_->run
                              : at < arms_at    ? statements_->judged
                              : at < reasons_at ? statements_->arm
                              : at < dropped_at ? statements_->reason
                              : at < rules_at   ? statements_->dropped
                                                : statements_->rule;
    rows[at].execute(insert);
  }
}

void ReportWriter::write_endpoints(const std::vector<EndpointReport>& endpoints) {
  if (endpoints.size() < endpoints_.size()) {
    const auto count = static_cast<std::int64_t>(endpoints.size());
    for (const char* sql : {"DELETE FROM endpoint WHERE position >= ?", "DELETE FROM test WHERE endpoint >= ?",
                            "DELETE FROM test_detail WHERE endpoint >= ?", "DELETE FROM latency WHERE endpoint >= ?",
                            "DELETE FROM uncompared WHERE endpoint >= ?"}) {
      SqliteStatement(connection_, sql).add(count).execute();
    }
  }
  endpoints_.resize(endpoints.size());
  for (std::size_t at = 0; at < endpoints.size(); ++at) {
    const EndpointReport& endpoint = endpoints[at];
    const auto position = static_cast<std::int64_t>(at);
    const ReportRow row = endpoint_row(position, endpoint);
    std::vector<ReportRow> tests, details;
    for (const TestReport& test : endpoint.tests) {
      details.push_back(test_detail_row(position, static_cast<std::int64_t>(details.size()), test));
      tests.push_back(test_row(position, static_cast<std::int64_t>(tests.size()), test));
    }
    const std::array<std::pair<Arm, const Histogram*>, 3> arms{{{Arm::stable, &endpoint.latency.stable},
                                                                {Arm::candidate, &endpoint.latency.candidate},
                                                                {Arm::control, &endpoint.latency.control}}};
    std::array<std::string, 3> buckets;
    std::vector<ReportRow> latencies;
    for (std::size_t arm = 0; arm < arms.size(); ++arm) {
      const Histogram& histogram = *arms[arm].second;
      buckets[arm] = buckets_as_json(histogram);
      latencies.push_back(ReportRow({position, to_string(arms[arm].first), std::int64_t{histogram.offset()},
                                     buckets[arm], histogram.sum(), histogram.max()}));
    }
    std::vector<ReportRow> uncompared = uncompared_rows(position, endpoint.uncompared);
    row.append_to(buffer_);
    for (const auto* rows : {&tests, &details, &latencies, &uncompared}) {
      for (const ReportRow& each : *rows) each.append_to(buffer_);
    }
    if (!changed(endpoints_[at])) continue;
    row.execute(statements_->endpoint);
    statements_->clear_tests.add(position).execute();
    statements_->clear_details.add(position).execute();
    statements_->clear_uncompared.add(position).execute();
    for (const ReportRow& each : uncompared) each.execute(statements_->uncompared);
    for (const ReportRow& test : tests) test.execute(statements_->test);
    for (const ReportRow& detail : details) detail.execute(statements_->test_detail);
    for (const ReportRow& latency : latencies) latency.execute(statements_->latency);
  }
}

void ReportWriter::write_finding(const FindingReport& finding, std::int64_t position) {
  StoredFinding& stored = findings_[finding.id];
  stored.generation = generation_;
  const ReportRow row = finding_row(position, finding);
  row.append_to(buffer_);
  if (changed(stored.row)) row.execute(statements_->finding);

  std::vector<ReportRow> examples;
  for (const Example& example : finding.examples) {
    examples.push_back(ReportRow({finding.id, static_cast<std::int64_t>(examples.size()), write_sample(example)}));
  }
  for (const ReportRow& example : examples) example.append_to(buffer_);
  if (!changed(stored.examples)) return;
  statements_->clear_examples.add(finding.id).execute();
  for (const ReportRow& example : examples) example.execute(statements_->example);
}

std::int64_t ReportWriter::write_sample(const Example& example) {
  append_example(buffer_, example);
  const RowFingerprint key = RowFingerprint::of(buffer_);
  buffer_.clear();
  StoredSample& stored = samples_[key];
  stored.generation = generation_;
  if (stored.id != 0) return stored.id;

  stored.id = ++last_sample_;
  const Request& request = example.request;
  const std::string headers = headers_as_json(request.headers);
  ReportRow({stored.id, signed64(example.sequence), request.method, request.target, headers,
             ReportRow::Blob{request.body.bytes}, signed64(request.body.length), hash_field(request.body)})
      .execute(statements_->sample);
  write_response(stored.id, Arm::stable, example.stable);
  write_response(stored.id, Arm::candidate, example.candidate);
  if (example.control) write_response(stored.id, Arm::control, *example.control);
  std::int64_t position = 0;
  for (const Divergence& divergence : example.divergences) {
    ReportRow({stored.id, position++, divergence.location, divergence.generalized, to_string(divergence.kind),
               divergence.transition, text_field(divergence.stable), text_field(divergence.arm), divergence.from_class,
               divergence.to_class, to_string(divergence.disposition), std::int64_t{divergence.rule},
               std::int64_t{divergence.approximate}, std::int64_t{divergence.repeated}})
        .execute(statements_->divergence);
  }
  return stored.id;
}

void ReportWriter::write_response(std::int64_t sample, Arm arm, const Response& response) {
  const std::string headers = headers_as_json(response.headers);
  const std::string trailers = headers_as_json(response.trailers);
  ReportRow({sample, to_string(arm), std::int64_t{response.status}, response.reason, headers,
             ReportRow::Blob{response.body.bytes}, signed64(response.body.length), hash_field(response.body), trailers,
             to_string(response.error), response.error_detail, response.timing.start.count(),
             response.timing.first_byte.count(), response.timing.last_byte.count()})
      .execute(statements_->response);
}

void ReportWriter::remove_stale() {
  std::erase_if(findings_, [this](const auto& item) {
    if (item.second.generation == generation_) return false;
    statements_->clear_finding.add(item.first).execute();
    statements_->clear_examples.add(item.first).execute();
    return true;
  });
  std::erase_if(samples_, [this](const auto& item) {
    if (item.second.generation == generation_) return false;
    for (auto* statement :
         {&statements_->clear_sample, &statements_->clear_responses, &statements_->clear_divergences}) {
      statement->add(item.second.id).execute();
    }
    return true;
  });
}

}  // namespace truemirror
