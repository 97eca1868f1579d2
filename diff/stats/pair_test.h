// One gated test of one endpoint: who is bad more often, candidate or control? (design.md §8). Counts pairs, spends its
// share of the run's error budget on block evidence, latches once proven, and bounds the excess so that it may pass.
// The evidence holds while one instance's disturbances are shorter than a block. Belongs to one thread at a time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "diff/stats/blocks.h"
#include "diff/stats/verdict.h"

namespace truemirror {

class PairTest {
 public:
  // `share`: the rate of false alarms this test may have. `tolerance`: the excess that still passes.
  PairTest(double share, double tolerance) : share_(share), ln_bar_(-std::log(share)), tolerance_(tolerance) {}

  // Takes in one pair that arrived in `block`; both bad counts as neither. `now`: the newest block of the run so far.
  void pair(bool candidate_bad, bool control_bad, BlockIndex block, BlockIndex now);
  // Counts blocks that are due, and latches. settle_all: the run has ended.
  void settle(BlockIndex now);
  void settle_all();

  [[nodiscard]] bool proven() const { return proven_; }
  [[nodiscard]] std::uint64_t pairs() const { return n_; }
  // The excess Δ = (b − c)/n, its upper bound U(b) − L(c), the verdict and what is still needed to pass.
  [[nodiscard]] TestReport report(std::string metric) const;

  // Two endpoints became one: counts and a latched proof are added, the block evidence stays this test's own.
  void absorb(const PairTest& other);

 private:
  // Latches where the evidence has reached one over the share.
  void look() {
    peak_ = std::max(peak_, blocks_.ln_e());
    proven_ = proven_ || peak_ >= ln_bar_;
  }

  double share_, ln_bar_, tolerance_, peak_ = 0;
  std::uint64_t b_ = 0, c_ = 0, n_ = 0;
  BlockEvidence blocks_;
  bool proven_ = false;
};

// What the j-th endpoint to appear (j from 1) may spend on each of its tests: (α/2)/(j(j+1))/tests. Sums to α/2.
[[nodiscard]] double test_share(double alpha, std::uint64_t j, std::size_t tests);

}  // namespace truemirror
