#include "diff/stats/evidence.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace truemirror {
namespace {

constexpr double kLn2 = std::numbers::ln2;

// ln z! − (z ln z − z + ½ ln 2πz), what Stirling's formula leaves; z > 0, need not be whole. Below 16 the difference is
// taken from lgamma, whose values are small there; above, the series is right to 1e-16.
double stirling_error(double z) {
  if (z < 16) {
    int sign = 0;
    return ::lgamma_r(z + 1, &sign) - (z + 0.5) * std::log(z) + z - 0.5 * std::log(2 * std::numbers::pi);
  }
  const double w = 1 / (z * z);
  return (1.0 / 12 - w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680 - w / 1188)))) / z;
}

// x ln(x/m) + m − x without the cancellation that ruins it for x ≈ m (Loader's deviance).
double deviance(double x, double m) {
  if (x == 0) return m;
  const double v = (x - m) / (x + m);
  if (std::abs(v) >= 0.1) return x * std::log(x / m) + m - x;
  double sum = (x - m) * v, term = 2 * x * v;
  for (int j = 1; j < 1000; ++j) {
    term *= v * v;
    const double next = sum + term / (2 * j + 1);
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

// ln of the binomial density at k of n where the expected count is k itself, its largest value.
double ln_binomial_peak(double k, double n) {
  const double rest = n - k;
  if (k <= 0 || rest <= 0) return 0;
  return stirling_error(n) - stirling_error(k) - stirling_error(rest) -
         0.5 * std::log(2 * std::numbers::pi * k * (rest / n));
}

// ln ∫₀¹ (1+t)^b (1−t)^c dt for b ≤ c. Integrating by parts gives Σ b(b−1)…(b−k+1) / (c+1)…(c+1+k): all terms are
// positive and fall, and near b = c as exp(−k²/(b+c)), hence O(√(b+c)) of them.
double ln_minor_half(double b, double c) {
  double term = 1, sum = 1;
  for (double k = 0; k < b; ++k) {
    term *= (b - k) / (c + 2 + k);
    if (term < sum * 1e-17) break;
    sum += term;
  }
  return std::log(sum) - std::log(c + 1);
}

// ln ∫₋₁¹ (1+t)^b (1−t)^c dt = ln(2^(b+c+1) B(b+1, c+1)), by way of the binomial density at 1/2.
double ln_whole(double b, double c) {
  const double n = b + c;
  const double ln_density = ln_binomial_peak(b, n) - (n > 0 ? deviance(b, n / 2) + deviance(c, n / 2) : 0);
  return kLn2 - std::log1p(n) - ln_density;
}

// The p below `rate` with KL(rate ‖ p) = limit, by Newton's steps for u = ln(rate/p): the divergence is convex in u, so
// steps from a start beyond the root never overshoot. Two starts: KL ≥ rate·(u − 1), and KL ≥ (rate − p)²/(2·rate).
double lower_end(double rate, double limit) {
  if (rate <= 0) return 0;
  if (rate >= 1) return std::exp(-limit);
  double u = 1 + limit / rate;
  if (const double reach = std::sqrt(2 * limit / rate); reach < 1) u = std::min(u, -std::log1p(-reach));
  for (int i = 0; i < 100; ++i) {
    const double fall = -std::expm1(-u);  // 1 − p/rate
    const double value = rate * u - (1 - rate) * std::log1p(rate * fall / (1 - rate)) - limit;
    const double slope = rate * fall / (1 - rate * std::exp(-u));
    const double next = u - value / slope;
    if (!(next > 0) || std::abs(next - u) <= 1e-14 * u) break;
    u = next;
  }
  return rate * std::exp(-u);
}

}  // namespace

double ln_evidence(std::uint64_t b, std::uint64_t c) {
  const auto x = static_cast<double>(b), y = static_cast<double>(c);
  if (b <= c) return ln_minor_half(x, y);
  // The whole is at least twice its minor half here, so the difference keeps its digits.
  const double whole = ln_whole(x, y);
  return whole + std::log1p(-std::exp(ln_minor_half(y, x) - whole));
}

double ln_evidence(std::uint64_t b, std::uint64_t c, double chance) {
  // By parts: I(b, c) = (1 + r·b·I(b−1, c+1)) / (c+1), r = (1 − chance)/chance. Scaled whenever the sum grows large.
  constexpr double kLarge = 1e250;
  const double r = (1 - chance) / chance;
  const auto y = static_cast<double>(c);
  double term = 1, sum = 1, scaled = 0;
  for (std::uint64_t k = 0; k < b; ++k) {
    const double ratio = r * static_cast<double>(b - k) / (y + 2 + static_cast<double>(k));
    term *= ratio;
    sum += term;
    if (ratio < 1 && term < sum * 1e-17) break;
    if (sum < kLarge) continue;
    term /= kLarge;
    sum /= kLarge;
    scaled += std::log(kLarge);
  }
  return scaled + std::log(sum) - std::log(y + 1);
}

RateInterval binomial_interval(double k, double n, double a) {
  if (!(n > 0)) return {};
  const double rate = std::clamp(k / n, 0.0, 1.0);
  // Dividing the definition by its value at p = k/n leaves n·KL(k/n ‖ p) ≤ ln(2/a) + ln((n+1) · peak density).
  const double limit = (std::log(2 / a) + std::log1p(n) + ln_binomial_peak(k, n)) / n;
  return {lower_end(rate, limit), 1 - lower_end(1 - rate, limit)};
}

std::vector<std::size_t> e_bh(std::span<const double> ln_e, double alpha) {
  std::vector<std::size_t> order(ln_e.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return ln_e[a] > ln_e[b]; });
  std::size_t proven = 0;
  for (std::size_t k = 1; k <= order.size(); ++k) {
    const double threshold = std::log(static_cast<double>(order.size())) - std::log(alpha * static_cast<double>(k));
    if (ln_e[order[k - 1]] >= threshold) proven = k;
  }
  order.resize(proven);
  return order;
}

}  // namespace truemirror
