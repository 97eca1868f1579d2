// The comparing threads: turn what the arms answered into comparisons, sum them up, and pass them on to capture and to
// the comparison lines. Promise: offer() and shed() never wait; the queue is bounded; each sample's ticket ends here or
// with the queue. `diff` runs submit() on its own thread instead of the arms.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "capture/writer.h"
#include "diff/compare.h"
#include "diff/report/aggregate.h"
#include "proxy/shadow/comparison_lines.h"
#include "proxy/shadow/completed.h"

namespace truemirror {

struct ComparerOptions {
  unsigned threads = 1;
  std::size_t max_queue = 1024;  // pairs; half of it again for sheds
  CompareOptions compare;
  // Runs first on every comparison; replay makes recorded and live answers comparable here. May be empty.
  std::function<void(Comparison&)> prepare;
};

class Comparer final : public CompletedSink {
 public:
  // `aggregator` outlives the comparer, and so do `capture` and `lines` where they are set.
  Comparer(ComparerOptions options, std::string run, Aggregator& aggregator, CaptureWriter* capture,
           ComparisonLines* lines);
  ~Comparer() override;
  Comparer(const Comparer&) = delete;

  void start();
  // Compares what is queued, then ends the threads.
  void drain();

  void offer(std::vector<std::unique_ptr<Completed>>& completed) override;
  void shed(Arm account, std::string_view method, std::string_view target, WallTime at) override;
  // Compares here and now: for comparisons that come from a capture. Where one is recorded, the messages go to it.
  void submit(Comparison& comparison, RequestFraming framing = {});

  [[nodiscard]] std::size_t queued() const;

 private:
  struct Shed {
    Arm account;
    std::string method, target;
    WallTime at;
  };

  void run();
  void process(Completed& completed);
  void capture(Comparison& comparison, RequestFraming framing);

  ComparerOptions options_;
  std::string run_;
  Aggregator& aggregator_;
  CaptureWriter* capture_;
  ComparisonLines* lines_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::unique_ptr<Completed>> queue_;
  std::deque<Shed> sheds_;
  std::array<std::uint64_t, 3> unnamed_sheds_{};  // by arm: over the bound, their endpoint is `(other)`
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// The comparison that a completed sample makes, not yet compared.
[[nodiscard]] Comparison to_comparison(Completed& completed);

}  // namespace truemirror
