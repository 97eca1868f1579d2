// One absolute latency budget of one endpoint: is the candidate's quantile q over it? Needs no control. Bad is an
// answer that took longer; at most 1 − q of them may be (Howard & Ramdas arXiv:1906.09712: a quantile is tested by the
// share of what exceeds it). Evidence as everywhere, with p0 = 1 − q in place of 1/2 (design.md §8). Bursts: of each
// block that yields, one answer is the observation, chosen by the hash of its sample's number and so regardless of how
// long it took; between two such blocks lies a whole burst (blocks.h). Fails where that proves that more than 1 − q are
// over; passes where the bound on what is over exceeds 1 − q by no more than the tolerance of that quantile. Belongs to
// one thread at a time.
#pragma once

#include <cstdint>
#include <string>

#include "diff/stats/blocks.h"
#include "diff/stats/verdict.h"

namespace truemirror {

class BudgetTest {
 public:
  // `budget`: seconds, for the quantile kLatencyQuantiles[quantile]. `share`, `tolerance` as in PairTest.
  BudgetTest(std::size_t quantile, double budget, double share, double tolerance);

  // Takes in the candidate's latency on the sample of that number; infinite where it timed out.
  void answer(double seconds, std::uint64_t sequence, BlockIndex block, BlockIndex now);
  void settle(BlockIndex now);
  void settle_all() { settle(INT64_MAX); }

  [[nodiscard]] bool proven() const { return proven_; }
  // b: answers over the budget, c: 0, n: all; blocks_b and blocks_c: observations over and within.
  [[nodiscard]] TestReport report() const;

  [[nodiscard]] bool is_same(const BudgetTest& other) const {
    return quantile_ == other.quantile_ && budget_ == other.budget_;
  }
  // Two endpoints became one, with the same budget: counts and a latched proof are added.
  void absorb(const BudgetTest& other);

 private:
  std::size_t quantile_;
  double budget_, share_, tolerance_, peak_ = 0;
  std::uint64_t over_ = 0, n_ = 0;
  BlockEvidence blocks_;
  bool proven_ = false;
};

}  // namespace truemirror
