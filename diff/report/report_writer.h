// Writes a report into the tables of report.db and remembers a fingerprint of each row, so that the next write touches
// only what changed: a run of 10,000 findings with examples costs a hash of each, not a row of each.
// Lives inside one transaction at a time, which its caller begins and commits.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "diff/report/report.h"
#include "diff/report/report_row.h"
#include "diff/report/sqlite.h"

namespace truemirror {

class ReportWriter {
 public:
  // The connection outlives this.
  explicit ReportWriter(SqliteConnection& connection);
  ~ReportWriter();
  ReportWriter(const ReportWriter&) = delete;

  // Errors stay with the connection; then the caller rolls back and calls forget().
  void write(const Report& report);
  // Nothing is known of the tables any more: the next write empties and fills them.
  void forget();

 private:
  struct Statements;
  struct StoredSample {
    std::int64_t id = 0;
    std::uint64_t generation = 0;
  };
  struct StoredFinding {
    RowFingerprint row, examples;
    std::uint64_t generation = 0;
  };
  struct FingerprintHash {
    std::size_t operator()(const RowFingerprint& key) const { return key.low; }
  };

  void write_run(const Report& report);
  void write_endpoints(const std::vector<EndpointReport>& endpoints);
  void write_finding(const FindingReport& finding, std::int64_t position);
  std::int64_t write_sample(const Example& example);
  void write_response(std::int64_t sample, Arm arm, const Response& response);
  void remove_stale();
  // True where `known` changed to the fingerprint of what buffer_ holds.
  bool changed(RowFingerprint& known);

  SqliteConnection& connection_;
  std::unique_ptr<Statements> statements_;
  std::string buffer_;
  std::uint64_t generation_ = 0;
  std::int64_t last_sample_ = 0;
  bool filled_ = false;
  RowFingerprint run_;
  std::vector<RowFingerprint> endpoints_;
  std::unordered_map<std::string, StoredFinding> findings_;
  std::unordered_map<RowFingerprint, StoredSample, FingerprintHash> samples_;
};

}  // namespace truemirror
