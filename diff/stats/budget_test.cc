#include "diff/stats/budget_test.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "diff/stats/judge_test.h"
#include "diff/stats/latency_threshold.h"

namespace truemirror {
namespace {

constexpr std::array<const char*, 3> kMetrics{"budget_p50", "budget_p90", "budget_p99"};

// SplitMix64: spreads the numbers of samples, so that which of a block is chosen says nothing of when it came.
std::uint64_t spread(std::uint64_t sequence) {
  std::uint64_t z = sequence + 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31U);
}

}  // namespace

BudgetTest::BudgetTest(std::size_t quantile, double budget, double share, double tolerance)
    : quantile_(quantile),
      budget_(budget),
      share_(share),
      tolerance_(tolerance),
      blocks_(1 - kLatencyQuantiles.at(quantile)) {}

void BudgetTest::answer(double seconds, std::uint64_t sequence, BlockIndex block, BlockIndex now) {
  const bool over = seconds > budget_;
  ++n_;
  over_ += over ? 1 : 0;
  blocks_.observe(over, spread(sequence), block, now);
  settle(now);
}

void BudgetTest::settle(BlockIndex now) {
  do {
    peak_ = std::max(peak_, blocks_.ln_e());
    proven_ = proven_ || peak_ >= -std::log(share_);
  } while (blocks_.settle_one(now));
}

void BudgetTest::absorb(const BudgetTest& other) {
  over_ += other.over_;
  n_ += other.n_;
  proven_ = proven_ || other.proven_;
}

TestReport BudgetTest::report() const {
  TestReport report;
  report.metric = kMetrics.at(quantile_);
  report.b = over_;
  report.n = n_;
  report.blocks_b = blocks_.blocks_b();
  report.blocks_c = blocks_.blocks_c();
  report.ln_e = blocks_.ln_e();
  report.peak = proven_ ? std::max(peak_, -std::log(share_)) : peak_;
  report.share = share_;
  report.budget = budget_;
  report.tolerance = tolerance_;
  judge_test(report);
  return report;
}

}  // namespace truemirror
