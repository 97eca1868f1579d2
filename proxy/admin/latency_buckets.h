// A report's latency distribution as the cumulative buckets of a classic Prometheus histogram: at powers of two
// seconds, 122 µs to 64 s, where bounds of the two meet (γ^32 = 2), so that every count is exact. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "diff/stats/histogram.h"

namespace truemirror {

struct LatencyBucket {
  double seconds = 0;  // upper bound; the last is infinity
  std::uint64_t cumulative = 0;
};

[[nodiscard]] std::vector<LatencyBucket> latency_buckets(const Histogram& values);

}  // namespace truemirror
