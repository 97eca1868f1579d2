#include "proxy/admin/latency_buckets.h"

#include <cmath>
#include <limits>

namespace truemirror {

std::vector<LatencyBucket> latency_buckets(const Histogram& values) {
  constexpr int kLowest = -13, kHighest = 6, kBucketsPerDoubling = 32;
  std::vector<LatencyBucket> out;
  std::uint64_t cumulative = 0;
  std::size_t next = 0;
  const std::vector<std::uint64_t>& counts = values.buckets();
  for (int exponent = kLowest; exponent <= kHighest; ++exponent) {
    // Bucket i ends at γ^(i+1), so those that end at or below 2^exponent are the ones with i < 32·exponent.
    const std::int64_t end = std::int64_t{exponent} * kBucketsPerDoubling - values.offset();
    while (next < counts.size() && static_cast<std::int64_t>(next) < end) cumulative += counts[next++];
    out.push_back({std::ldexp(1.0, exponent), cumulative});
  }
  out.push_back({std::numeric_limits<double>::infinity(), values.count()});
  return out;
}

}  // namespace truemirror
