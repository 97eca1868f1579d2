// How the elements of two JSON arrays align, in the order of design.md §7.5: configured key, inferred key, same
// multiset, longest common subsequence with the most similar pairs in the gaps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "diff/align.h"
#include "diff/json_tree.h"
#include "diff/rules.h"

namespace truemirror {

struct ArrayAlignment {
  std::vector<AlignedPair> pairs;  // indices of elements; equal ends of both arrays are left out
  bool reordered = false;          // what both sides have stands in another order
  bool approximate = false;
};

// `rule` (null, `unordered` or `key`) comes from the rules file. `stable_at` and `arm_at` are the elements of both
// arrays. `walked`: elements at the ends of both are compared by walking them, not by hash. What it spends is taken off
// `budget`.
[[nodiscard]] ArrayAlignment align_arrays(JsonTree& stable, const std::vector<std::uint32_t>& stable_at, JsonTree& arm,
                                          const std::vector<std::uint32_t>& arm_at, const Rule* rule, bool walked,
                                          std::size_t& budget);

}  // namespace truemirror
