// Verdicts of tests, endpoints and the run (design.md §8, "Pass" and "The run"). Values and pure functions, apart from
// ControlHealth, which belongs to one thread at a time.
#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diff/stats/policy.h"

namespace truemirror {

enum class Verdict : std::uint8_t { pass, fail, inconclusive };
[[nodiscard]] std::string_view to_string(Verdict verdict);

// One gated test of one endpoint, as the report shows it.
struct TestReport {
  std::string metric;  // divergence | errors | latency_p50 | latency_p90 | latency_p99 | budget_p50 | budget_p90 | …
  std::uint64_t b = 0, c = 0, n = 0;         // samples: only the candidate bad, only the control bad, all pairs
  std::uint64_t blocks_b = 0, blocks_c = 0;  // the evidence
  double ln_e = 0;                           // natural logarithm of E(blocks_b, blocks_c)
  double excess = 0, upper = 1;              // Δ = (b − c)/n and its upper bound
  double tolerance = 0;                      // what `upper` has to stay under to pass
  std::uint64_t pairs_needed = 0;            // further clean pairs until it could pass; 0 where it has
  double share = 0;                          // of the error budget; 0 in a report of a program that did not keep it
  double peak = 0;                           // the largest ln E at any look: what latched it, if anything did
  double clustering = 1;                     // how many samples move together (blocks.h)
  double budget = 0;                         // seconds, of a budget_* test; 0 of every other
  Verdict verdict = Verdict::inconclusive;
};

// Fail if a test or a finding of the endpoint is proven; pass if every test passes and control is what it says, a
// second instance of stable; else inconclusive.
[[nodiscard]] Verdict endpoint_verdict(std::span<const TestReport> tests, std::uint64_t proven_findings,
                                       bool control_differs = false);

// Control is healthy unless it failed in over 1 % of its last 1,000 pairs, that is in more than 10 of them.
class ControlHealth {
 public:
  static constexpr std::size_t kWindow = 1000, kAllowed = 10;
  void pair(bool control_failed);
  [[nodiscard]] bool healthy() const { return failures_ <= kAllowed; }
  [[nodiscard]] std::size_t failures() const { return failures_; }  // of the last kWindow pairs

 private:
  std::bitset<kWindow> failed_;
  std::size_t next_ = 0, failures_ = 0;
};

// One endpoint as the run's verdict sees it.
struct JudgedEndpoint {
  std::string_view endpoint;
  std::uint64_t pairs = 0;
  std::span<const TestReport> tests;
  std::uint64_t proven_findings = 0;
  Verdict verdict = Verdict::inconclusive;
  bool excluded = false;          // by policy: neither fails the run nor counts as covered
  std::string control_differs{};  // how control differs from stable in most samples; empty where it does not
};

struct RunFacts {
  bool calibrated = true;
  bool control_healthy = true;
  std::size_t control_failures = 0;
  std::string candidate_silence{}, control_silence{};  // a sentence about an arm that answers nothing; else empty
};

struct RunVerdict {
  Verdict verdict = Verdict::inconclusive;
  std::vector<std::string> reasons;  // each a sentence that begins with a word for programs: "control_unhealthy: …"
};

[[nodiscard]] RunVerdict judge_run(std::span<const JudgedEndpoint> endpoints, const RunFacts& facts,
                                   const Policy& policy);

}  // namespace truemirror
