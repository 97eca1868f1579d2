// One function a table, in the order of the columns that report_writer.cc writes.
#include "diff/report/report_reader.h"

#include "diff/report/row_text.h"

namespace truemirror {
namespace {

WallTime wall_time(std::int64_t nanoseconds) { return WallTime(Nanoseconds(nanoseconds)); }

class ReportReader {
 public:
  explicit ReportReader(SqliteConnection& connection) : connection_(connection) {}

  Report read() {
    read_run();
    read_lists();
    read_endpoints();
    read_details();
    read_uncompared();
    read_judged();
    read_arms();
    read_findings();
    return std::move(report_);
  }
  // What was wrong in the tables; empty where nothing was.
  [[nodiscard]] const std::string& damage() const { return damage_; }

 private:
  // The value, or its default and a note that `what` is damaged.
  template <class T>
  T known(std::optional<T> value, std::string_view what) {
    if (!value && damage_.empty()) damage_ = "an unknown " + std::string(what);
    return value ? std::move(*value) : T{};
  }
  Headers headers(std::string_view text) { return known(headers_from_json(text), "header list"); }
  std::optional<std::string> optional_text(SqliteStatement& row) {
    if (!row.next_is_null()) return row.text();
    row.skip();
    return std::nullopt;
  }
  Body body(SqliteStatement& row);
  Response response(SqliteStatement& row);

  void read_run();
  void read_lists();
  void read_endpoints();
  void read_tests(EndpointReport& endpoint, std::int64_t position);
  void read_details();
  void read_judged();
  void read_uncompared();
  void read_arms();
  // A table that programs before this did not write.
  bool has_table(std::string_view name);
  void read_latency(EndpointReport& endpoint, std::int64_t position);
  void read_findings();
  void read_sample(Example& example, std::int64_t sample);
  void read_divergences(Example& example, std::int64_t sample);

  SqliteConnection& connection_;
  SqliteStatement tests_{connection_,
                         "SELECT metric, b, c, n, blocks_b, blocks_c, ln_e, excess, upper, tolerance, pairs_needed, "
                         "verdict FROM test WHERE endpoint = ? ORDER BY position"};
  SqliteStatement latency_{connection_, "SELECT arm, first_bucket, buckets, sum, max FROM latency WHERE endpoint = ?"};
  SqliteStatement samples_{connection_,
                           "SELECT s.id, s.sequence, s.method, s.target, s.headers, s.body, s.body_length, s.body_hash "
                           "FROM example e JOIN sample s ON s.id = e.sample WHERE e.finding = ? ORDER BY e.position"};
  SqliteStatement responses_{connection_,
                             "SELECT arm, status, reason, headers, body, body_length, body_hash, trailers, error, "
                             "error_detail, start_ns, first_byte_ns, last_byte_ns FROM response WHERE sample = ?"};
  SqliteStatement divergences_{connection_,
                               "SELECT location, generalized, kind, transition, stable, candidate, from_class, "
                               "to_class, disposition, rule, approximate, repeated FROM divergence WHERE sample = ? "
                               "ORDER BY position"};
  Report report_;
  std::string damage_;
};

void ReportReader::read_run() {
  SqliteStatement row(connection_,
                      "SELECT id, started_ns, ended_ns, source, version, stable, candidate, control, verdict, "
                      "calibrated, requests, sampled, compared, diverged, in_flight FROM run");
  if (!row.step()) {
    damage_ = kNoRun;
    return;
  }
  RunInfo& run = report_.run;
  run.id = row.text();
  run.started = wall_time(row.integer());
  if (row.next_is_null()) {
    row.skip();
  } else {
    run.ended = wall_time(row.integer());
  }
  for (std::string* text : {&run.source, &run.version, &run.stable, &run.candidate, &run.control}) *text = row.text();
  report_.verdict = known(verdict_from(row.text()), "verdict");
  report_.calibrated = row.flag();
  Totals& totals = report_.totals;
  for (auto* count : {&totals.requests, &totals.sampled, &totals.compared, &totals.diverged, &totals.in_flight}) {
    *count = row.counter();
  }
}

void ReportReader::read_lists() {
  SqliteStatement reasons(connection_, "SELECT text FROM reason ORDER BY position");
  while (reasons.step()) report_.reasons.push_back(reasons.text());
  SqliteStatement dropped(connection_, "SELECT reason, samples FROM dropped");
  while (dropped.step()) {
    std::string reason = dropped.text();
    report_.totals.dropped[std::move(reason)] = dropped.counter();
  }
  SqliteStatement rules(connection_, "SELECT rule, reason, hidden, accepted, expired FROM rule ORDER BY position");
  while (rules.step()) {
    RuleUse& rule = report_.rules.emplace_back();
    rule.rule = rules.text();
    rule.reason = rules.text();
    rule.hidden = rules.counter();
    rule.accepted = rules.counter();
    rule.expired = rules.flag();
  }
}

bool ReportReader::has_table(std::string_view name) {
  SqliteStatement query(connection_, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
  query.add(name);
  return query.step();
}

void ReportReader::read_judged() {
  if (!has_table("judged")) return;
  SqliteStatement row(connection_, "SELECT alpha, burst_ns, control_failures, templates FROM judged");
  if (!row.step()) return;
  JudgedBy& judged = report_.judged;
  judged.alpha = row.real();
  judged.burst = std::chrono::duration_cast<std::chrono::milliseconds>(Nanoseconds(row.integer()));
  judged.control_failures = static_cast<std::size_t>(row.counter());
  judged.templates = row.text();
}

// A reason that a later program has is none of ours to show.
void ReportReader::read_uncompared() {
  if (!has_table("uncompared")) return;
  SqliteStatement row(connection_, "SELECT endpoint, arm, reason, samples FROM uncompared");
  while (row.step()) {
    const auto endpoint = static_cast<std::size_t>(row.counter());
    const std::string arm = row.text(), reason = row.text();
    const std::uint64_t samples = row.counter();
    if (endpoint >= report_.endpoints.size()) continue;
    UncomparedCounts& counts = report_.endpoints[endpoint].uncompared;
    for (std::size_t at = 0; at < kUncomparedReasons; ++at) {
      if (reason == to_string(uncompared_reason(at)))
        (arm == "candidate" ? counts.candidate : counts.control).at(at) = samples;
    }
  }
}

void ReportReader::read_arms() {
  if (!has_table("arm")) return;
  SqliteStatement row(connection_, "SELECT arm, asked, answered, unanswered, silent, error FROM arm");
  while (row.step()) {
    ArmAnswers& answers = row.text() == "candidate" ? report_.candidate : report_.control;
    for (auto* count : {&answers.asked, &answers.answered, &answers.unanswered}) *count = row.counter();
    answers.silent = row.flag();
    answers.error = row.text();
  }
}

// Beside the tests that have been read, by the places of endpoint and test.
void ReportReader::read_details() {
  if (!has_table("test_detail")) return;
  SqliteStatement row(connection_, "SELECT endpoint, position, share, peak, clustering, budget FROM test_detail");
  while (row.step()) {
    const auto endpoint = static_cast<std::size_t>(row.counter()), position = static_cast<std::size_t>(row.counter());
    if (endpoint >= report_.endpoints.size() || position >= report_.endpoints[endpoint].tests.size()) continue;
    TestReport& test = report_.endpoints[endpoint].tests[position];
    for (double* real : {&test.share, &test.peak, &test.clustering, &test.budget}) *real = row.real();
  }
}

void ReportReader::read_endpoints() {
  SqliteStatement row(connection_,
                      "SELECT position, endpoint, pairs, diverged, errors, verdict FROM endpoint ORDER BY position");
  while (row.step()) {
    EndpointReport& endpoint = report_.endpoints.emplace_back();
    const std::int64_t position = row.integer();
    endpoint.endpoint = row.text();
    endpoint.pairs = row.counter();
    endpoint.diverged = row.counter();
    endpoint.errors = row.counter();
    endpoint.verdict = known(verdict_from(row.text()), "verdict");
    read_tests(endpoint, position);
    read_latency(endpoint, position);
  }
}

void ReportReader::read_tests(EndpointReport& endpoint, std::int64_t position) {
  tests_.add(position);
  while (tests_.step()) {
    TestReport& test = endpoint.tests.emplace_back();
    test.metric = tests_.text();
    for (auto* count : {&test.b, &test.c, &test.n, &test.blocks_b, &test.blocks_c}) *count = tests_.counter();
    for (double* real : {&test.ln_e, &test.excess, &test.upper, &test.tolerance}) *real = tests_.real();
    test.pairs_needed = tests_.counter();
    test.verdict = known(verdict_from(tests_.text()), "verdict");
  }
  tests_.reset();
}

void ReportReader::read_latency(EndpointReport& endpoint, std::int64_t position) {
  latency_.add(position);
  while (latency_.step()) {
    const std::string arm = latency_.text();
    const auto offset = static_cast<std::int32_t>(latency_.integer());
    auto buckets = known(buckets_from_json(latency_.text()), "bucket list");
    const double sum = latency_.real();
    Histogram histogram = Histogram::restore(offset, std::move(buckets), sum, latency_.real());
    LatencySummary& latency = endpoint.latency;
    (arm == "stable"      ? latency.stable
     : arm == "candidate" ? latency.candidate
                          : latency.control) = std::move(histogram);
  }
  latency_.reset();
}

void ReportReader::read_findings() {
  SqliteStatement row(
      connection_,
      "SELECT id, endpoint, location, kind, transition, status, proven, candidate_only, control_only, "
      "both, blocks_b, blocks_c, ln_e, first_seen_ns, last_seen_ns, issue FROM finding ORDER BY position");
  while (row.step()) {
    FindingReport& finding = report_.findings.emplace_back();
    finding.id = row.text();
    finding.endpoint = row.text();
    finding.location = row.text();
    finding.kind = known(kind_from(row.text()), "kind");
    finding.transition = row.text();
    finding.status = known(finding_status_from(row.text()), "finding status");
    finding.proven = row.flag();
    for (auto* count :
         {&finding.candidate_only, &finding.control_only, &finding.both, &finding.blocks_b, &finding.blocks_c}) {
      *count = row.counter();
    }
    finding.ln_e = row.real();
    finding.first_seen = wall_time(row.integer());
    finding.last_seen = wall_time(row.integer());
    finding.issue = row.text();

    samples_.add(finding.id);
    while (samples_.step()) {
      const std::int64_t sample = samples_.integer();
      read_sample(finding.examples.emplace_back(), sample);
    }
    samples_.reset();
  }
}

void ReportReader::read_sample(Example& example, std::int64_t sample) {
  example.sequence = samples_.counter();
  example.request.method = samples_.text();
  example.request.target = samples_.text();
  example.request.headers = headers(samples_.text());
  example.request.body = body(samples_);
  responses_.add(sample);
  while (responses_.step()) {
    const std::string arm = responses_.text();
    Response read = response(responses_);
    if (arm == "control") {
      example.control = std::move(read);
    } else {
      (arm == "stable" ? example.stable : example.candidate) = std::move(read);
    }
  }
  responses_.reset();
  read_divergences(example, sample);
}

Body ReportReader::body(SqliteStatement& row) {
  Body body(row.text());
  body.length = row.counter();
  if (row.next_is_null()) {
    row.skip();
  } else {
    body.hash = row.counter();
  }
  return body;
}

Response ReportReader::response(SqliteStatement& row) {
  Response response;
  response.status = static_cast<int>(row.integer());
  response.reason = row.text();
  response.headers = headers(row.text());
  response.body = body(row);
  response.trailers = headers(row.text());
  response.error = known(arm_error_from(row.text()), "arm error");
  response.error_detail = row.text();
  for (Nanoseconds* at : {&response.timing.start, &response.timing.first_byte, &response.timing.last_byte}) {
    *at = Nanoseconds(row.integer());
  }
  return response;
}

void ReportReader::read_divergences(Example& example, std::int64_t sample) {
  divergences_.add(sample);
  while (divergences_.step()) {
    Divergence& divergence = example.divergences.emplace_back();
    divergence.location = divergences_.text();
    divergence.generalized = divergences_.text();
    divergence.kind = known(kind_from(divergences_.text()), "kind");
    divergence.transition = divergences_.text();
    divergence.stable = optional_text(divergences_);
    divergence.arm = optional_text(divergences_);
    divergence.from_class = divergences_.text();
    divergence.to_class = divergences_.text();
    divergence.disposition = known(disposition_from(divergences_.text()), "disposition");
    divergence.rule = static_cast<std::int32_t>(divergences_.integer());
    divergence.approximate = divergences_.flag();
    divergence.repeated = static_cast<std::uint32_t>(divergences_.integer());
  }
  divergences_.reset();
}

}  // namespace

ReadReport read_report(SqliteConnection& connection) {
  ReportReader reader(connection);
  Report report = reader.read();
  return {std::move(report), reader.damage()};
}

}  // namespace truemirror
