#include "diff/stats/histogram.h"

#include <algorithm>
#include <cmath>

namespace truemirror {
namespace {

constexpr double kSmallest = 1e-9, kLargest = 1e6;  // seconds
constexpr double kBucketsPerDoubling = 32;
constexpr std::int32_t kFirst = -957, kLast = 637;  // the buckets of kSmallest and kLargest

std::int32_t bucket_of(double seconds) {
  const auto bucket = static_cast<std::int32_t>(std::ceil(std::log2(seconds) * kBucketsPerDoubling)) - 1;
  return std::clamp(bucket, kFirst, kLast);
}

// The value of (γ^i, γ^(i+1)] that is nearest, relatively, to both ends: 2γ^(i+1)/(γ+1), off by (γ−1)/(γ+1) = 1.083 %.
double value_of(std::int32_t bucket) {
  static const double gamma = std::exp2(1 / kBucketsPerDoubling);
  return std::exp2((bucket + 1) / kBucketsPerDoubling) * 2 / (gamma + 1);
}

// Makes room in (offset, buckets) for the bucket and returns its counter.
std::uint64_t& counter(std::int32_t& offset, std::vector<std::uint64_t>& buckets, std::int32_t bucket) {
  if (buckets.empty()) offset = bucket;
  if (bucket < offset) {
    buckets.insert(buckets.begin(), static_cast<std::size_t>(offset - bucket), 0);
    offset = bucket;
  }
  const auto at = static_cast<std::size_t>(bucket - offset);
  if (at >= buckets.size()) buckets.resize(at + 1);
  return buckets[at];
}

}  // namespace

void Histogram::record(double seconds) {
  if (std::isnan(seconds)) return;
  seconds = std::clamp(seconds, kSmallest, kLargest);
  ++counter(offset_, buckets_, bucket_of(seconds));
  ++count_;
  sum_ += seconds;
  max_ = std::max(max_, seconds);
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  counter(offset_, buckets_, other.offset_);
  counter(offset_, buckets_, other.offset_ + static_cast<std::int32_t>(other.buckets_.size()) - 1);
  const auto shift = static_cast<std::size_t>(other.offset_ - offset_);
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[shift + i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

double Histogram::quantile(double q) const {
  if (count_ == 0) return 0;
  const double rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rank));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(max_, value_of(offset_ + static_cast<std::int32_t>(i)));
  }
  return max_;
}

// A store may hold anything: what no recording could have left behind is cut off.
Histogram Histogram::restore(std::int32_t offset, std::vector<std::uint64_t> buckets, double sum, double max) {
  Histogram restored;
  if (offset < kFirst || offset > kLast) return restored;
  buckets.resize(std::min(buckets.size(), static_cast<std::size_t>(kLast - offset + 1)));
  for (const std::uint64_t n : buckets) restored.count_ += n;
  if (restored.count_ == 0) return restored;
  restored.offset_ = offset;
  restored.buckets_ = std::move(buckets);
  restored.sum_ = std::isfinite(sum) ? sum : 0;
  restored.max_ = std::isfinite(max) ? std::clamp(max, kSmallest, kLargest) : kLargest;
  return restored;
}

}  // namespace truemirror
