// What a run is judged by: the error budget, tolerances, margins and the endpoints that count more or not at all.
// Plain values with the defaults of design.md §8; diff/report/policy_file.h reads them from a file.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace truemirror {

// Upper bounds on the excess Δ per pair that still pass, as fractions of pairs.
struct Tolerances {
  double divergence = 0.01;
  double errors = 0.01;
  double critical = 0.001;  // of both, on endpoints marked critical
  double latency_p50 = 0.05;
  double latency_p90 = 0.05;
  double latency_p99 = 0.005;
};

// The longest that the candidate may take at p50, p90 and p99 (kLatencyQuantiles); none where unset.
using LatencyBudget = std::array<std::optional<std::chrono::microseconds>, 3>;

struct EndpointBudget {
  std::string endpoint;  // a pattern
  LatencyBudget budget;
};

struct Policy {
  double alpha = 0.01;                    // of one run, (0, 1): half for tests, half for findings
  std::chrono::milliseconds burst{1000};  // length of a block; 100 ms in `replay --speed max`
  Tolerances tolerances;
  double latency_margin = 0.10;                             // δ: a candidate is slow above (1 + δ)·τ + δ_abs
  std::chrono::microseconds latency_margin_absolute{1000};  // δ_abs
  LatencyBudget budget;                                     // of every endpoint without one of its own
  std::vector<EndpointBudget> endpoint_budgets;             // the first that matches replaces it
  double coverage = 0.95;                                   // of the pairs that passing endpoints carry, [0, 1]
  bool allow_uncalibrated = false;                          // whether a run without control may pass
  double control_differs =
      0.5;  // of an endpoint's samples: control differs in status or shape in more, it is no control
  std::vector<std::string> excluded;  // endpoint patterns: seen and shown, never judged
  std::vector<std::string> critical;  // endpoint patterns with the tighter tolerance

  [[nodiscard]] bool is_excluded(std::string_view endpoint) const;
  [[nodiscard]] bool is_critical(std::string_view endpoint) const;
  [[nodiscard]] const LatencyBudget& budget_of(std::string_view endpoint) const;
};

// `*` stands for any bytes, slashes included: `GET /internal/*`. Linear in text times pattern.
[[nodiscard]] bool pattern_matches(std::string_view pattern, std::string_view text);

}  // namespace truemirror
