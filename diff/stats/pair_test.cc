#include "diff/stats/pair_test.h"

#include "diff/stats/judge_test.h"

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

TestReport PairTest::report(std::string metric) const {
  TestReport report;
  report.metric = std::move(metric);
  report.b = b_;
  report.c = c_;
  report.n = n_;
  report.blocks_b = blocks_.blocks_b();
  report.blocks_c = blocks_.blocks_c();
  report.ln_e = blocks_.ln_e();
  report.peak = proven_ ? std::max(peak_, ln_bar_) : peak_;
  report.share = share_;
  report.clustering = blocks_.clustering();
  report.tolerance = tolerance_;
  judge_test(report);
  return report;
}

double test_share(double alpha, std::uint64_t j, std::size_t tests) {
  const auto place = static_cast<double>(j);
  return alpha / 2 / (place * (place + 1)) / static_cast<double>(tests);
}

}  // namespace truemirror
