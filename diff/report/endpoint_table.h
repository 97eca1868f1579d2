// The endpoints of a run: their pairs, latencies and gated tests (design.md §8). Each takes a place j as it appears and
// spends (α/2)/(j(j+1)) on its tests. A value that can be copied: a report is made from a copy. Its owner locks.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "diff/comparison.h"
#include "diff/report/report.h"
#include "diff/stats/budget_test.h"
#include "diff/stats/latency_threshold.h"
#include "diff/stats/pair_test.h"
#include "diff/stats/policy.h"

namespace truemirror {

// What one sample says about its pair.
struct PairFacts {
  bool candidate_diverges = false, control_diverges = false;  // §8, "does it diverge?"
  bool diverged = false;                                      // the candidate shows a divergence that no rule covers
  bool paired = true;                                         // both arms were asked, or the run has no control
  BlockIndex block = 0, now = 0;
};

// §8, "does it fail more?": 5xx, or no response, where stable had one that is neither. `too_large` is a response.
[[nodiscard]] bool arm_failed(const Response& stable, const Response& arm);

struct EndpointTally {
  std::uint64_t place = 0;  // j; 0 for an endpoint that the policy excludes, which has no tests
  std::uint64_t pairs = 0, diverged = 0, errors = 0;
  bool gates_latency = false;
  PairTest divergence, errors_test;
  std::array<PairTest, 3> latency_tests;
  std::vector<BudgetTest> budgets;  // those that the policy gives it
  LatencyThresholds thresholds;
  LatencySummary latency;
  UncomparedCounts uncompared;

  [[nodiscard]] bool excluded() const { return place == 0; }
  // The tests as they stand, none for an excluded endpoint.
  [[nodiscard]] std::vector<TestReport> tests() const;
};

class EndpointTable {
 public:
  // `latency_gates`: whether control is an instance whose latency is a fair yardstick.
  EndpointTable(const Policy& policy, bool latency_gates) : policy_(policy), latency_gates_(latency_gates) {}

  void compared(const Comparison& comparison, const PairFacts& facts);
  // A sample that was dropped on an arm's account: that arm's error.
  void shed(const std::string& endpoint, bool candidate, bool control, BlockIndex block, BlockIndex now);

  // Endpoints were renamed. Those that become one are summed; the one that appeared first keeps its place, so its share
  // and its evidence: which samples a test watches is decided by their paths, before any outcome, so it stays one
  // e-process.
  void rename(const std::function<std::string(const std::string&)>& current);
  void settle(BlockIndex now);
  void settle_all();

  [[nodiscard]] const std::unordered_map<std::string, EndpointTally>& all() const { return endpoints_; }

 private:
  EndpointTally& at(const std::string& endpoint);
  void latency(EndpointTally& endpoint, const Comparison& comparison, const PairFacts& facts) const;
  template <class Visit>
  void each_test(Visit visit);

  Policy policy_;
  bool latency_gates_;
  std::uint64_t places_ = 0;
  std::unordered_map<std::string, EndpointTally> endpoints_;
};

}  // namespace truemirror
