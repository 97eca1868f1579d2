#include "diff/stats/pair_test.h"

#include "diff/stats/evidence.h"

namespace truemirror {

void PairTest::pair(bool candidate_bad, bool control_bad, BlockIndex block, BlockIndex now) {
  ++n_;
  if (candidate_bad && !control_bad) {
    ++b_;
    blocks_.candidate_only(block, now);
  } else if (control_bad && !candidate_bad) {
    ++c_;
    blocks_.control_only(block, now);
  }
  look();  // a block may have had to settle to make room
  settle(now);
}

void PairTest::settle(BlockIndex now) {
  while (blocks_.settle_one(now)) look();
}

void PairTest::settle_all() { settle(INT64_MAX); }

void PairTest::absorb(const PairTest& other) {
  b_ += other.b_;
  c_ += other.c_;
  n_ += other.n_;
  blocks_.absorb_clustering(other.blocks_);
  proven_ = proven_ || other.proven_;
}

// U(b) − L(c), with all counts divided by the clustering seen: samples that move together are fewer observations.
double PairTest::upper_after(double further_clean_pairs) const {
  const double k = blocks_.clustering();
  const double n = (static_cast<double>(n_) + further_clean_pairs) / k;
  return binomial_interval(static_cast<double>(b_) / k, n, share_).upper -
         binomial_interval(static_cast<double>(c_) / k, n, share_).lower;
}

std::uint64_t PairTest::pairs_needed() const {
  std::uint64_t enough = 64;
  while (upper_after(static_cast<double>(enough)) > tolerance_) {
    if (enough > (1ull << 50)) return enough;
    enough *= 2;
  }
  std::uint64_t too_few = enough == 64 ? 0 : enough / 2;
  while (enough - too_few > 1) {
    const std::uint64_t middle = too_few + (enough - too_few) / 2;
    (upper_after(static_cast<double>(middle)) > tolerance_ ? too_few : enough) = middle;
  }
  return enough;
}

TestReport PairTest::report(std::string metric) const {
  TestReport report;
  report.metric = std::move(metric);
  report.b = b_;
  report.c = c_;
  report.n = n_;
  report.blocks_b = blocks_.blocks_b();
  report.blocks_c = blocks_.blocks_c();
  report.ln_e = blocks_.ln_e();
  if (n_ > 0) report.excess = (static_cast<double>(b_) - static_cast<double>(c_)) / static_cast<double>(n_);
  report.upper = upper_after(0);
  report.tolerance = tolerance_;
  if (proven_) {
    report.verdict = Verdict::fail;
  } else if (report.upper <= tolerance_) {
    report.verdict = Verdict::pass;
  } else {
    report.pairs_needed = pairs_needed();
  }
  return report;
}

double test_share(double alpha, std::uint64_t j, std::size_t tests) {
  const auto place = static_cast<double>(j);
  return alpha / 2 / (place * (place + 1)) / static_cast<double>(tests);
}

}  // namespace truemirror
