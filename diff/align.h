// Which elements of two sequences belong together: the longest common subsequence over hashes (Myers 1986), and in the
// gaps between the most similar pairs. Bounded by a work budget; over it, elements pair by position and the result says
// so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace truemirror {

// One row of an alignment: both indices, or one where the other side has no such element.
struct AlignedPair {
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::uint32_t stable = kNone, arm = kNone;
  bool operator==(const AlignedPair&) const = default;
};

struct Alignment {
  std::vector<AlignedPair> pairs;  // in the order of both sequences
  bool approximate = false;
};

// How much two elements, by index, have in common; 0 never pairs. Called at most budget/4 times.
using Similarity = std::function<std::uint32_t(std::uint32_t stable, std::uint32_t arm)>;

// Takes what it spends off `budget` (element comparisons; memory is at most 8 bytes for each).
[[nodiscard]] Alignment align(std::span<const std::uint64_t> stable, std::span<const std::uint64_t> arm,
                              const Similarity& similarity, std::size_t& budget);

}  // namespace truemirror
