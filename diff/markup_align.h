// Which children of two elements belong together (design.md §7.5, for markup): by a rule's key, by their `id` where
// every element has one that is unique, as one set where only the order differs, else by the longest common subsequence
// with the most similar pairs in the gaps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "diff/align.h"
#include "diff/markup.h"
#include "diff/rules.h"

namespace truemirror {

struct MarkupAlignment {
  std::vector<AlignedPair> pairs;  // indices of children; equal ends of both lists are left out
  bool reordered = false;
  bool approximate = false;
};

// `rule` is null, `unordered` or `key` (an attribute's name, or that of a child element). What it spends is taken off
// `budget`. A pair may be of two names where nothing else was left to pair.
[[nodiscard]] MarkupAlignment align_children(const MarkupDocument& stable, const std::vector<std::uint32_t>& stable_at,
                                             const MarkupDocument& arm, const std::vector<std::uint32_t>& arm_at,
                                             const Rule* rule, std::size_t& budget);

}  // namespace truemirror
