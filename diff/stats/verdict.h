// Verdicts of tests, endpoints and the run (design.md §8, "Pass" and "The run").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace truemirror {

enum class Verdict : std::uint8_t { pass, fail, inconclusive };
[[nodiscard]] std::string_view to_string(Verdict verdict);

// One gated test of one endpoint, as the report shows it.
struct TestReport {
  std::string metric;  // divergence | errors | latency_p50 | latency_p90 | latency_p99
  std::uint64_t b = 0, c = 0, n = 0;          // samples: only the candidate bad, only the control bad, all pairs
  std::uint64_t blocks_b = 0, blocks_c = 0;   // the evidence
  double ln_e = 0;                            // natural logarithm of E(blocks_b, blocks_c)
  double excess = 0, upper = 1;               // Δ = (b − c)/n and its upper bound
  double tolerance = 0;                       // what `upper` has to stay under to pass
  std::uint64_t pairs_needed = 0;             // further clean pairs until it could pass; 0 where it has
  Verdict verdict = Verdict::inconclusive;
};

}  // namespace truemirror
