// The latencies above which control counts as slow at p50, p90 and p99 of one endpoint: τ = control's quantile over its
// last up to 1,000 samples. Frozen first after 100 samples, again at each doubling, then every 1,000: between two
// freezes the question is the same for every pair, and a τ never depends on the pair it judges. 8 KiB an endpoint.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace truemirror {

inline constexpr std::array<double, 3> kLatencyQuantiles{0.50, 0.90, 0.99};

class LatencyThresholds {
 public:
  static constexpr std::uint64_t kFirst = 100, kWindow = 1000;

  [[nodiscard]] bool frozen() const { return next_freeze_ > kFirst; }
  // Control samples until the first threshold.
  [[nodiscard]] std::uint64_t missing() const { return frozen() ? 0 : kFirst - count_; }
  // τ in seconds at kLatencyQuantiles[quantile]; beyond every latency before the first freeze.
  [[nodiscard]] double tau(std::size_t quantile) const { return tau_[quantile]; }
  // Takes in a latency of control, in seconds, after its pair has been judged. Memory grows up to the window, then no
  // more.
  void control(double seconds);

 private:
  void freeze();
  std::vector<double> window_;  // a ring of the last kWindow
  std::uint64_t count_ = 0, next_freeze_ = kFirst;
  std::array<double, 3> tau_{1e300, 1e300, 1e300};
};

}  // namespace truemirror
