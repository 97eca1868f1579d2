#include "proxy/shadow/pipeline.h"

#include <array>
#include <cstdio>
#include <random>

namespace truemirror {

std::string new_run_id() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  std::random_device random;
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "%011llx%05x", static_cast<unsigned long long>(millis) & 0xfffffffffffull,
                random() & 0xfffffu);
  return text.data();
}

Pipeline::Pipeline(PipelineOptions options) : options_(std::move(options)) {}
Pipeline::~Pipeline() {
  // As in finish(): producers first.
  if (lane_) lane_->drain(std::chrono::milliseconds(0));
  if (comparer_) comparer_->drain();
  reporter_.reset();
}

Result<std::unique_ptr<Pipeline>> Pipeline::open(PipelineOptions options) {
  std::unique_ptr<Pipeline> self(new Pipeline(std::move(options)));
  PipelineOptions& o = self->options_;
  // The report last: where something else cannot be opened, that of the last run stays where it is.
  auto store = ReportStore::claim(o.report_dir);
  if (!store) return store.error();
  if (!o.comparisons.empty()) {
    auto lines = ComparisonLines::open(o.comparisons, o.run.id, o.aggregate.redactor, o.comparisons_patience);
    if (!lines) return lines.error();
    self->lines_ = std::move(*lines);
  }
  if (o.capture) {
    auto capture = CaptureWriter::open(*o.capture);
    if (!capture) return capture.error();
    self->capture_ = std::move(*capture);
  }
  if (auto begun = (*store)->begin(); !begun) return begun.error();
  self->aggregator_ = std::make_unique<Aggregator>(o.aggregate);
  self->comparer_ =
      std::make_unique<Comparer>(o.comparer, o.run.id, *self->aggregator_, self->capture_.get(), self->lines_.get());
  if (o.shadow) self->lane_ = std::make_unique<Lane>(*o.shadow, self->ledger_, o.marks, *self->comparer_);
  self->reporter_ = std::make_unique<Reporter>(std::move(*store), [raw = self.get()] { return raw->report(); });
  return self;
}

void Pipeline::start() {
  if (lane_) {
    comparer_->start();
    lane_->start();
  }
  reporter_->start();
}

Report Pipeline::report() const {
  const LedgerTotals ledger = ledger_.snapshot();
  Totals totals;
  totals.sampled = ledger.sampled;
  totals.compared = ledger.compared;
  totals.in_flight = ledger.in_flight;
  totals.requests = options_.requests ? options_.requests() : ledger.sampled;
  for (std::size_t at = 0; at < kDropReasons; ++at) {
    if (ledger.dropped[at] > 0)
      totals.dropped[std::string(to_string(static_cast<DropReason>(at)))] = ledger.dropped[at];
  }
  RunInfo run = options_.run;
  const std::chrono::system_clock::time_point ended = ended_;
  if (ended != std::chrono::system_clock::time_point()) run.ended = ended;
  return aggregator_->report(run, totals);
}

ShadowStats Pipeline::shadow_stats() const {
  ShadowStats stats = lane_ ? lane_->stats() : ShadowStats{};
  stats.compare_queue = comparer_->queued();
  return stats;
}

std::optional<CaptureStats> Pipeline::capture_stats() const {
  if (!capture_) return std::nullopt;
  return capture_->stats();
}

Result<Report> Pipeline::finish(std::chrono::milliseconds limit) {
  if (lane_) lane_->drain(limit);
  comparer_->drain();
  if (capture_) capture_->close();
  ended_ = std::chrono::system_clock::now();
  Report last = report();
  const bool written = reporter_->finish(last);
  const LedgerTotals ledger = ledger_.snapshot();
  if (!ledger.closed() || ledger.in_flight != 0) {
    return Problem{"the accounting does not close (a bug): sampled " + std::to_string(ledger.sampled) + ", compared " +
                   std::to_string(ledger.compared) + ", dropped " + std::to_string(ledger.dropped_total()) +
                   ", in flight " + std::to_string(ledger.in_flight)};
  }
  if (!written) return Problem{"the report in " + options_.report_dir.string() + " could not be written to its end"};
  return last;
}

}  // namespace truemirror
