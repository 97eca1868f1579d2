// Which members of two JSON objects belong together, whatever their order. Near-linear also for 100,000 keys with one
// long prefix.
#pragma once

#include <cstdint>
#include <vector>

#include "diff/json_tree.h"

namespace truemirror {

// All values that one key has on both sides: one each in well-formed objects, none where a side lacks it.
struct MemberPair {
  std::vector<std::uint32_t> stable, arm;
};

// Up to so many members, comparing all with all is the quickest.
constexpr std::uint32_t kFewMembers = 24;

[[nodiscard]] bool has_duplicates(const JsonTree& tree, std::uint32_t object);
// In the order of stable's members, then what only the arm has in its order.
[[nodiscard]] std::vector<MemberPair> match_members(const JsonTree& stable, std::uint32_t x, const JsonTree& arm,
                                                    std::uint32_t y);

}  // namespace truemirror
