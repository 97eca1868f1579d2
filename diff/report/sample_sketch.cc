#include "diff/report/sample_sketch.h"

#include <algorithm>

namespace truemirror {

void SampleSketch::add(std::uint64_t hash) {
  if (hashes_.size() == kSize && hash >= hashes_.back()) return;
  const auto place = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
  if (place != hashes_.end() && *place == hash) return;
  hashes_.insert(place, hash);
  if (hashes_.size() > kSize) hashes_.pop_back();
}

void SampleSketch::merge(const SampleSketch& other) {
  for (const std::uint64_t hash : other.hashes_) add(hash);
}

double jaccard(const SampleSketch& a, const SampleSketch& b) {
  auto x = a.hashes().begin(), y = b.hashes().begin();
  std::size_t together = 0, either = 0;
  // The lowest kSize of the union are a uniform choice from it; those in both sketches are in both sets.
  while (either < SampleSketch::kSize && (x != a.hashes().end() || y != b.hashes().end())) {
    ++either;
    if (y == b.hashes().end() || (x != a.hashes().end() && *x < *y)) {
      ++x;
    } else if (x == a.hashes().end() || *y < *x) {
      ++y;
    } else {
      ++together, ++x, ++y;
    }
  }
  return either == 0 ? 0 : static_cast<double>(together) / static_cast<double>(either);
}

}  // namespace truemirror
