// A set of samples in 64 numbers: the lowest hashes in it. Two such sketches estimate how alike the sets are (Broder
// 1997), exactly where the sets hold no more than 64; the standard error at a Jaccard index of 0.9 is 0.04. Merging is
// exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace truemirror {

class SampleSketch {
 public:
  static constexpr std::size_t kSize = 64;
  void add(std::uint64_t hash);
  void merge(const SampleSketch& other);
  // Lowest first, each once.
  [[nodiscard]] const std::vector<std::uint64_t>& hashes() const { return hashes_; }

 private:
  std::vector<std::uint64_t> hashes_;
};

// |A ∩ B| / |A ∪ B|, estimated; 0 where both are empty.
[[nodiscard]] double jaccard(const SampleSketch& a, const SampleSketch& b);

}  // namespace truemirror
