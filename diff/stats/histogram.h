// A latency distribution in base-2 exponential buckets, scale 5: bucket i holds (γ^i, γ^(i+1)], γ = 2^(1/32), so a
// quantile is right to 1.08 % (Masson et al. arXiv:1908.10693; the layout of OpenTelemetry's exponential histograms).
// Merging is exact. Memory: one counter for each bucket between the smallest and the largest value.
#pragma once

#include <cstdint>
#include <vector>

namespace truemirror {

class Histogram {
 public:
  // Seconds; values below 1 ns count as 1 ns, above 10^6 s as 10^6 s, NaN not at all.
  void record(double seconds);
  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double sum() const { return sum_; }
  [[nodiscard]] double max() const { return max_; }
  // The value at rank ⌈q·count⌉, q in [0, 1]; 0 for an empty histogram. Never above max().
  [[nodiscard]] double quantile(double q) const;

  // Index of the first bucket and the counts from there on; what a store keeps.
  [[nodiscard]] std::int32_t offset() const { return offset_; }
  [[nodiscard]] const std::vector<std::uint64_t>& buckets() const { return buckets_; }
  [[nodiscard]] static Histogram restore(std::int32_t offset, std::vector<std::uint64_t> buckets, double sum,
                                         double max);

 private:
  std::int32_t offset_ = 0;
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  double sum_ = 0, max_ = 0;
};

}  // namespace truemirror
