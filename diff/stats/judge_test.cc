#include "diff/stats/judge_test.h"

#include <cmath>

#include "diff/stats/evidence.h"

namespace truemirror {
namespace {

// U(b) − L(c), all counts divided by the clustering seen: samples that move together are fewer observations. Of a
// budget, what exceeds the allowed share, by its observations, which are as many as they seem.
double upper_after(const TestReport& test, double further_clean) {
  const auto real = [](std::uint64_t count) { return static_cast<double>(count); };
  if (test.budget > 0) {
    const double n = real(test.blocks_b + test.blocks_c) + further_clean;
    return binomial_interval(real(test.blocks_b), n, test.share).upper - allowed_over(test.metric);
  }
  const double n = (real(test.n) + further_clean) / test.clustering;
  return binomial_interval(real(test.b) / test.clustering, n, test.share).upper -
         binomial_interval(real(test.c) / test.clustering, n, test.share).lower;
}

std::uint64_t clean_needed(const TestReport& test) {
  std::uint64_t enough = 64;
  while (upper_after(test, static_cast<double>(enough)) > test.tolerance) {
    if (enough > (1ull << 50)) return enough;
    enough *= 2;
  }
  std::uint64_t too_few = enough == 64 ? 0 : enough / 2;
  while (enough - too_few > 1) {
    const std::uint64_t middle = too_few + (enough - too_few) / 2;
    (upper_after(test, static_cast<double>(middle)) > test.tolerance ? too_few : enough) = middle;
  }
  return enough;
}

// Further clean pairs; of a budget, so many for each observation as it took so far.
std::uint64_t pairs_needed(const TestReport& test) {
  const std::uint64_t clean = clean_needed(test);
  const std::uint64_t observed = test.blocks_b + test.blocks_c;
  if (test.budget <= 0 || observed == 0) return clean;
  return clean * std::max<std::uint64_t>(1, test.n / observed);
}

}  // namespace

double allowed_over(std::string_view metric) {
  return metric == "budget_p50" ? 0.50 : metric == "budget_p90" ? 0.10 : metric == "budget_p99" ? 0.01 : 0;
}

void judge_test(TestReport& test) {
  const auto n = static_cast<double>(test.n);
  if (test.n > 0) {
    test.excess = (static_cast<double>(test.b) - static_cast<double>(test.c)) / n - allowed_over(test.metric);
  }
  test.upper = upper_after(test, 0);
  test.pairs_needed = 0;
  if (test.peak >= -std::log(test.share)) {
    test.verdict = Verdict::fail;
  } else if (test.upper <= test.tolerance) {
    test.verdict = Verdict::pass;
  } else {
    test.verdict = Verdict::inconclusive;
    test.pairs_needed = pairs_needed(test);
  }
}

}  // namespace truemirror
