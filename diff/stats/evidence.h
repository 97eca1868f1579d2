// Evidence that is valid at any time (design.md §8): the e-process for a fair coin, time-uniform binomial intervals,
// and the e-BH choice among many findings. Pure functions of counts; everything is in natural logarithms, so that
// nothing overflows or cancels. References: Ville 1939; Robbins 1970; Lindon & Malek arXiv:2011.03567; Howard & Ramdas
// arXiv:1906.09712; Wang & Ramdas arXiv:2009.02824 (e-BH); Loader 2000 (exact binomial probabilities).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace truemirror {

// ln E(b, c), E = ∫₀¹ (1+t)^b (1−t)^c dt: the mixture likelihood ratio of p uniform on (1/2, 1] against p = 1/2 after b
// observations for and c against. Under p ≤ 1/2, P(E ever ≥ 1/a) ≤ a. Right to 1e-9, absolute or relative, whichever is
// larger, for b, c up to 10^7; costs O(√(b+c)) where b ≈ c and less elsewhere (50 µs at 10^7, below 1 µs at 10^3).
[[nodiscard]] double ln_evidence(std::uint64_t b, std::uint64_t c);

// The same against p ≤ chance, chance in (0, 1): ln ∫₀¹ (1 + s·(1−chance)/chance)^b (1−s)^c ds, by a sum of b + 1 terms
// that are all positive: O(b), right to 1e-9 (absolute or relative) for b up to 10^5.
[[nodiscard]] double ln_evidence(std::uint64_t b, std::uint64_t c, double chance);

// The set {p: p^k (1−p)^(n−k) ≥ (a/2) · B(k+1, n−k+1)}. With a/2 for each end it holds the true p at every n at once
// with probability 1 − a. Counts may be fractions (divided by a clustering factor), 0 ≤ k ≤ n; n = 0 gives [0, 1].
struct RateInterval {
  double lower = 0, upper = 1;
};
[[nodiscard]] RateInterval binomial_interval(double k, double n, double a);

// e-BH at level `alpha` over all `ln_e`: the indices of those that are proven, in no order. They are the k largest, k
// being the largest with E(k) ≥ K/(alpha·k). False discovery rate ≤ alpha under any dependence.
[[nodiscard]] std::vector<std::size_t> e_bh(std::span<const double> ln_e, double alpha);

}  // namespace truemirror
