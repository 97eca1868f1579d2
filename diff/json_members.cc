#include "diff/json_members.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <compare>
#include <string_view>

namespace truemirror {
namespace {

struct Member {
  std::uint64_t hash;  // of its key: keys themselves are compared only where theirs are equal
  std::uint32_t value;
};

std::strong_ordering by_key(const JsonTree& a, const Member& x, const JsonTree& b, const Member& y) {
  return x.hash != y.hash ? x.hash <=> y.hash : a.key(x.value) <=> b.key(y.value);
}

std::vector<Member> sorted_members(const JsonTree& tree, std::uint32_t object) {
  std::vector<Member> out;
  out.reserve(tree[object].count);
  for (std::uint32_t at = object + 1; at < tree[object].end; at = tree[at].end) {
    const std::string_view key = tree.key(at);
    out.push_back({XXH3_64bits(key.data(), key.size()), at});
  }
  std::sort(out.begin(), out.end(), [&](const Member& a, const Member& b) {
    const auto order = by_key(tree, a, tree, b);
    return order != 0 ? order < 0 : a.value < b.value;
  });
  return out;
}

std::vector<std::uint32_t> values_of(const std::vector<Member>& members) {
  std::vector<std::uint32_t> out;
  out.reserve(members.size());
  for (const Member& member : members) out.push_back(member.value);
  return out;
}

// Where the members end that have the key of the one at `from`.
std::size_t end_of_key(const JsonTree& tree, const std::vector<Member>& members, std::size_t from) {
  std::size_t end = from + 1;
  while (end < members.size() && by_key(tree, members[from], tree, members[end]) == 0) ++end;
  return end;
}

}  // namespace

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

MemberPairs::MemberPairs(const JsonTree& stable, std::uint32_t x, const JsonTree& arm, std::uint32_t y) {
  const std::vector<Member> a = sorted_members(stable, x), b = sorted_members(arm, y);
  stable_ = values_of(a);
  arm_ = values_of(b);
  rows_.reserve(std::max(a.size(), b.size()));
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const auto order = i == a.size()   ? std::strong_ordering::greater
                       : j == b.size() ? std::strong_ordering::less
                                       : by_key(stable, a[i], arm, b[j]);
    const std::size_t i_end = order <= 0 ? end_of_key(stable, a, i) : i;
    const std::size_t j_end = order >= 0 ? end_of_key(arm, b, j) : j;
    rows_.push_back({std::span(stable_).subspan(i, i_end - i), std::span(arm_).subspan(j, j_end - j)});
    i = i_end;
    j = j_end;
  }
  const auto place = [](const MemberPair& row) {
    return row.stable.empty() ? std::uint64_t{row.arm.front()} << 32 : row.stable.front();
  };
  std::sort(rows_.begin(), rows_.end(), [&](const MemberPair& p, const MemberPair& q) { return place(p) < place(q); });
}

}  // namespace truemirror
