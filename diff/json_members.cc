#include "diff/json_members.h"

#include <string_view>
#include <unordered_map>

namespace truemirror {

bool has_duplicates(const JsonTree& tree, std::uint32_t object) {
  const std::uint32_t end = tree[object].end;
  for (std::uint32_t a = object + 1; a < end; a = tree[a].end) {
    const std::string_view key = tree.key(a);
    for (std::uint32_t b = tree[a].end; b < end; b = tree[b].end) {
      if (tree.key(b) == key) return true;
    }
  }
  return false;
}

std::vector<MemberPair> match_members(const JsonTree& stable, std::uint32_t x, const JsonTree& arm, std::uint32_t y) {
  std::vector<MemberPair> out;
  out.reserve(stable[x].count);
  std::unordered_map<std::string_view, std::size_t> row_of;
  row_of.reserve(stable[x].count);
  const auto row = [&](std::string_view key) -> MemberPair& {
    const auto [found, is_new] = row_of.try_emplace(key, out.size());
    if (is_new) out.emplace_back();
    return out[found->second];
  };
  for (std::uint32_t at = x + 1; at < stable[x].end; at = stable[at].end) row(stable.key(at)).stable.push_back(at);
  for (std::uint32_t at = y + 1; at < arm[y].end; at = arm[at].end) row(arm.key(at)).arm.push_back(at);
  return out;
}

}  // namespace truemirror
