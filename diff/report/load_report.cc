// Reading: one read transaction over all tables, so that the document is of one moment although another process writes.
// What is stored is not trusted: an unknown name or a wrong form is a damaged report, never a crash.
#include <unistd.h>

#include "diff/report/report_folder.h"
#include "diff/report/row_text.h"
#include "diff/report/schema.h"
#include "diff/report/sqlite.h"
#include "diff/report/store.h"

namespace truemirror {
namespace {

namespace fs = std::filesystem;

WallTime wall_time(std::int64_t nanoseconds) { return WallTime(Nanoseconds(nanoseconds)); }

class ReportReader {
 public:
  explicit ReportReader(SqliteConnection& connection) : connection_(connection) {}

  Report read() {
    read_run();
    read_lists();
    read_endpoints();
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
                               "to_class, disposition, rule, approximate FROM divergence WHERE sample = ? "
                               "ORDER BY position"};
  Report report_;
  std::string damage_;
};

void ReportReader::read_run() {
  SqliteStatement row(connection_,
                      "SELECT id, started_ns, ended_ns, source, version, stable, candidate, control, verdict, "
                      "calibrated, requests, sampled, compared, diverged, in_flight FROM run");
  if (!row.step()) {
    damage_ = "no run";
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
  }
  divergences_.reset();
}

// A path as a file: URI for SQLite.
std::string file_uri(const fs::path& file, std::string_view query) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : fs::absolute(file).string()) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '?' || c == '#' || c == '%') {
      uri += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      uri += c;
    }
  }
  return uri + std::string(query);
}

// A file without a log in a folder that may not be written cannot get one: it is read as it stands.
std::string uri_to_read(const fs::path& file) {
  std::error_code code;
  const bool has_log = fs::exists(file.string() + "-wal", code);
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const bool writable = ::access(folder.c_str(), W_OK) == 0;
  return file_uri(file, has_log || writable ? "" : "?immutable=1");
}

Result<fs::path> report_file(const fs::path& path) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status)) {
    return Problem{"'" + path.string() + "' does not exist; give the folder that --report named, or a report.db in it"};
  }
  if (!fs::is_directory(status)) return {boost::system::in_place_value, path};
  fs::path file = path / "report.db";
  if (fs::exists(file, code)) return {boost::system::in_place_value, file};
  return Problem{"'" + path.string() + "' holds no report.db; give the folder that --report named"};
}

Result<void> check_schema_version(SqliteConnection& connection, const fs::path& file) {
  SqliteStatement query(connection, "SELECT schema_version FROM run");
  if (!query.step()) {
    if (connection.ok()) return Problem{"'" + file.string() + "' holds no report yet: its run has not written one"};
    return Problem{"'" + file.string() + "' cannot be read: " + connection.error()};
  }
  const std::int64_t version = query.integer();
  if (version == kReportSchemaVersion) return {};
  return Problem{"'" + file.string() + "' has schema version " + std::to_string(version) + ", this program reads " +
                 std::to_string(kReportSchemaVersion) + "; use the truemirror that wrote it, or a newer one"};
}

}  // namespace

Result<Report> load_report(const fs::path& path) {
  const auto file = report_file(path);
  if (!file) return file.error();
  auto connection = SqliteConnection::open(uri_to_read(*file), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  if (!connection) return Problem{"'" + file->string() + "' cannot be opened: " + connection.error().text};
  if (auto ours = check_report_database(*connection, *file); !ours) return ours.error();
  if (!connection->run("BEGIN")) return Problem{"'" + file->string() + "' cannot be read: " + connection->error()};
  if (auto known = check_schema_version(*connection, *file); !known) return known.error();

  ReportReader reader(*connection);
  Report report = reader.read();
  if (!connection->ok()) return Problem{"'" + file->string() + "' is damaged: " + connection->error()};
  if (!reader.damage().empty()) return Problem{"'" + file->string() + "' is damaged: it holds " + reader.damage()};
  return report;
}

}  // namespace truemirror
