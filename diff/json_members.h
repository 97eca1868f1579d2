// Which members of two JSON objects belong together, whatever their order. n log n for every input, 100,000 keys with
// one long prefix or one hash among them: nobody who chooses the keys can make it slow.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "diff/json_tree.h"

namespace truemirror {

// Up to so many members, comparing all with all is the quickest.
constexpr std::uint32_t kFewMembers = 24;

[[nodiscard]] bool has_duplicates(const JsonTree& tree, std::uint32_t object);

// All values that one key has on both sides, in the order of the text: one each in well-formed objects, none where a
// side lacks it. The views live as long as the MemberPairs they came from.
struct MemberPair {
  std::span<const std::uint32_t> stable, arm;
};

class MemberPairs {
 public:
  MemberPairs(const JsonTree& stable, std::uint32_t x, const JsonTree& arm, std::uint32_t y);
  // In the order of stable's members, then what only the arm has in its order.
  [[nodiscard]] const std::vector<MemberPair>& rows() const { return rows_; }

 private:
  std::vector<std::uint32_t> stable_, arm_;  // members, those of one key side by side
  std::vector<MemberPair> rows_;
};

}  // namespace truemirror
