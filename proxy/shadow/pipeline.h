// All that follows the making of samples, put together: lane, comparers, aggregation, report, capture, comparison
// lines. serve, replay and diff enter it at three depths (design.md §2) and end it the same way.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "capture/writer.h"
#include "diff/report/aggregate.h"
#include "proxy/http/problem.h"
#include "proxy/sample/ledger.h"
#include "proxy/sample/mark.h"
#include "proxy/shadow/comparer.h"
#include "proxy/shadow/lane.h"
#include "proxy/shadow/reporter.h"

namespace truemirror {

struct PipelineOptions {
  RunInfo run;
  std::optional<ShadowOptions> shadow;  // none: no arms are asked (`diff`)
  AggregateOptions aggregate;
  ComparerOptions comparer;
  std::filesystem::path report_dir;
  std::optional<CaptureOptions> capture;
  std::string comparisons;  // a file, `-`, or empty for none
  // How long a reader of them may take nothing before lines are left out. None: for ever, comparing waits.
  std::optional<std::chrono::milliseconds> comparisons_patience;
  MarkKey marks = MarkKey("");
  std::function<std::uint64_t()> requests;  // for the totals; any thread. None: as many as samples
};

class Pipeline {
 public:
  // Opens report, capture and lines. Errors: what could not be opened and why.
  [[nodiscard]] static Result<std::unique_ptr<Pipeline>> open(PipelineOptions options);
  // Starts all threads. Once, before the first sample.
  void start();
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;

  [[nodiscard]] Lane& lane() { return *lane_; }  // only where `shadow` is set
  [[nodiscard]] Ledger& ledger() { return ledger_; }
  [[nodiscard]] const MarkKey& marks() const { return options_.marks; }
  [[nodiscard]] Comparer& comparer() { return *comparer_; }
  [[nodiscard]] const std::string& run_id() const { return options_.run.id; }

  // The report as of now. Any thread.
  [[nodiscard]] Report report() const;
  [[nodiscard]] LedgerTotals ledger_totals() const { return ledger_.snapshot(); }
  [[nodiscard]] ShadowStats shadow_stats() const;
  [[nodiscard]] std::optional<CaptureStats> capture_stats() const;
  // Where the count of requests comes from; before start().
  void count_requests(std::function<std::uint64_t()> requests) { options_.requests = std::move(requests); }

  // Ends the run in order: arms (bounded by `limit`), comparers, capture, report. Errors: the report could not be
  // written, or the accounting of invariant 2 does not close, which is a bug.
  [[nodiscard]] Result<Report> finish(std::chrono::milliseconds limit);

 private:
  explicit Pipeline(PipelineOptions options);

  PipelineOptions options_;
  std::atomic<std::chrono::system_clock::time_point> ended_{};  // the epoch while it goes on
  Ledger ledger_;
  std::unique_ptr<Aggregator> aggregator_;
  std::unique_ptr<CaptureWriter> capture_;
  std::unique_ptr<ComparisonLines> lines_;
  // drain() of both comes before their end: a comparison that waits is counted in the lane's byte budget.
  std::unique_ptr<Comparer> comparer_;
  std::unique_ptr<Lane> lane_;
  std::unique_ptr<Reporter> reporter_;
};

// 16 hex digits, sortable by time.
[[nodiscard]] std::string new_run_id();

}  // namespace truemirror
