// Sums comparisons up: endpoints, findings, evidence, latency. Memory is bounded by its caps whatever comes in.
// Thread-safe: comparers call add() at once; report() is a consistent snapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "diff/comparison.h"
#include "diff/report/report.h"
#include "diff/rules.h"
#include "diff/stats/policy.h"
#include "proxy/http/redactor.h"

namespace truemirror {

// How the run is calibrated. `stable_again`: control is the stable upstream asked twice, latency does not gate.
enum class ControlMode : std::uint8_t { none, stable_again, instance };

struct AggregateOptions {
  Policy policy;
  ControlMode control = ControlMode::instance;
  std::shared_ptr<const Redactor> redactor;  // required
  std::shared_ptr<const RuleSet> rules;      // for the counts each rule reports; may be null
  std::vector<std::string> routes;           // path templates given: `/orders/{id}`
  std::string templates;                     // where they came from, for the report
  std::size_t max_endpoints = 1000, max_findings = 10'000;
  std::size_t max_example_bytes = 16u << 10;   // of one message body
  std::size_t max_examples_bytes = 64u << 20;  // of all examples together
};

class Aggregator {
 public:
  explicit Aggregator(AggregateOptions options);
  ~Aggregator();

  // `GET /orders/{id}` of a request (design.md §9), redacted. Callers set it in the comparison before compare(),
  // because rules look at it. It waits for no add() and no report().
  [[nodiscard]] std::string endpoint(std::string_view method, std::string_view target);

  // Takes in one comparison; sets its endpoint where the caller has not. Findings, their evidence and examples, pairs
  // and histograms do not depend on the order of a run; what asks for the past does: latency thresholds, control's
  // health, an endpoint's place, and whether control has shown a divergence before.
  void add(Comparison& comparison);
  // A sample that was dropped on an arm's account (design.md invariant 2): that arm's error. An
  // empty method: nobody knows which endpoint it was; it counts at `(other)`.
  void shed(Arm account, std::string_view method, std::string_view target, WallTime at);

  // The document as of now. Evidence counts blocks that have settled (diff/stats/blocks.h), and where `run.ended` is
  // set those that are still open too. `totals.diverged` is set by the aggregator, the other totals are the caller's.
  [[nodiscard]] Report report(const RunInfo& run, const Totals& totals) const;

 private:
  struct State;
  mutable std::mutex mutex_;  // of the tables; taken before that of the endpoint names, never after
  std::unique_ptr<State> state_;
};

}  // namespace truemirror
