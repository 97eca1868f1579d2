#include "diff/markup_align.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace truemirror {
namespace {

using Nodes = std::vector<std::uint32_t>;

constexpr std::uint32_t kLooks = 8;  // attributes and children: what tells an element apart stands first

// A hash of the element's key and name; 0 where it has none.
std::uint64_t key_of(const MarkupDocument& document, std::uint32_t at, std::string_view field) {
  const MarkupNode& node = document[at];
  if (node.is_text) return 0;
  for (std::uint32_t index = 0; index < node.attribute_count; ++index) {
    const MarkupAttribute& attribute = document.attribute(node, index);
    if (document.name(attribute).substr(1) != field) continue;
    return std::hash<std::string_view>{}(document.value(attribute)) ^ node.name;
  }
  for (std::uint32_t child = at + 1; child < node.end; child = document[child].end) {
    if (!document[child].is_text && document.text(document[child]) == field) return document[child].hash ^ node.name;
  }
  return 0;
}

std::uint64_t id_of(const MarkupDocument& document, std::uint32_t at) {
  const MarkupNode& node = document[at];
  for (std::uint32_t index = 0; index < std::min(kLooks, node.attribute_count); ++index) {
    const MarkupAttribute& attribute = document.attribute(node, index);
    const std::string_view name = document.name(attribute);
    if (name != "@id" && name != "@xml:id") continue;
    return std::hash<std::string_view>{}(document.value(attribute)) ^ node.name;
  }
  return 0;
}

class ChildAligner {
 public:
  ChildAligner(const MarkupDocument& stable, const Nodes& stable_at, const MarkupDocument& arm, const Nodes& arm_at,
               std::size_t& budget)
      : stable_(stable), arm_(arm), stable_at_(stable_at), arm_at_(arm_at), budget_(budget) {
    stable_end_ = stable_at_.size();
    arm_end_ = arm_at_.size();
    while (begin_ < stable_end_ && begin_ < arm_end_ && same(begin_, begin_)) ++begin_;
    while (stable_end_ > begin_ && arm_end_ > begin_ && same(stable_end_ - 1, arm_end_ - 1)) {
      --stable_end_;
      --arm_end_;
    }
  }

  MarkupAlignment run(const Rule* rule) {
    if (rule != nullptr && rule->action == RuleAction::key) {
      const auto key = [&](const MarkupDocument& document, std::uint32_t at) {
        return key_of(document, at, rule->key);
      };
      return matched(keys(stable_, stable_at_, stable_end_, key), keys(arm_, arm_at_, arm_end_, key), true);
    }
    const std::vector<std::uint64_t> a = hashes(stable_, stable_at_, stable_end_), b = hashes(arm_, arm_at_, arm_end_);
    if (rule != nullptr && rule->action == RuleAction::unordered) return matched(a, b, false);
    const std::vector<std::uint64_t> stable_ids = keys(stable_, stable_at_, stable_end_, id_of),
                                     arm_ids = keys(arm_, arm_at_, arm_end_, id_of);
    if (ids_identify(stable_ids, arm_ids)) return matched(stable_ids, arm_ids, true);
    if (same_multiset(a, b)) return {{}, !a.empty(), false};
    MarkupAlignment out;
    const Alignment found = align_rest(all(stable_end_), all(arm_end_));
    out.pairs = found.pairs;
    out.approximate = found.approximate;
    return out;
  }

 private:
  [[nodiscard]] bool same(std::size_t i, std::size_t j) const {
    return stable_[stable_at_[i]].hash == arm_[arm_at_[j]].hash;
  }
  [[nodiscard]] Nodes all(std::size_t end) const {
    Nodes out;
    for (std::size_t at = begin_; at < end; ++at) out.push_back(static_cast<std::uint32_t>(at));
    return out;
  }
  template <class Key>
  std::vector<std::uint64_t> keys(const MarkupDocument& document, const Nodes& nodes, std::size_t end, Key key) const {
    std::vector<std::uint64_t> out;
    for (std::size_t at = begin_; at < end; ++at) out.push_back(key(document, nodes[at]));
    return out;
  }
  [[nodiscard]] std::vector<std::uint64_t> hashes(const MarkupDocument& document, const Nodes& nodes,
                                                  std::size_t end) const {
    return keys(document, nodes, end, [](const MarkupDocument& of, std::uint32_t at) { return of[at].hash; });
  }

  // Each node an element with an id of its own, and half of them at least shared.
  static bool ids_identify(const std::vector<std::uint64_t>& stable, const std::vector<std::uint64_t>& arm) {
    const auto unique = [](const std::vector<std::uint64_t>& ids) -> std::unordered_set<std::uint64_t> {
      std::unordered_set<std::uint64_t> out(ids.begin(), ids.end());
      if (out.size() != ids.size() || out.contains(0)) out.clear();
      return out;
    };
    const std::unordered_set<std::uint64_t> a = unique(stable), b = unique(arm);
    const auto shared = std::count_if(a.begin(), a.end(), [&](std::uint64_t id) { return b.contains(id); });
    return !a.empty() && !b.empty() && static_cast<std::size_t>(shared) * 2 >= std::min(a.size(), b.size());
  }

  static bool same_multiset(std::vector<std::uint64_t> a, std::vector<std::uint64_t> b) {
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    return a == b;
  }

  // Pairs equal keys (0 is none) wherever they stand; what is left pairs in order, unless its key says what it is.
  MarkupAlignment matched(const std::vector<std::uint64_t>& stable_keys, const std::vector<std::uint64_t>& arm_keys,
                          bool keys_identify) {
    std::unordered_multimap<std::uint64_t, std::uint32_t> arm_with;
    for (std::size_t at = arm_keys.size(); at-- > 0;) {
      if (arm_keys[at] != 0) arm_with.emplace(arm_keys[at], static_cast<std::uint32_t>(begin_ + at));
    }
    std::vector<std::uint32_t> partner(stable_keys.size(), AlignedPair::kNone);
    std::vector<bool> taken(arm_keys.size(), false);
    for (std::size_t at = 0; at < stable_keys.size(); ++at) {
      const auto found = stable_keys[at] == 0 ? arm_with.end() : arm_with.find(stable_keys[at]);
      if (found == arm_with.end()) continue;
      partner[at] = found->second;
      taken[found->second - begin_] = true;
      arm_with.erase(found);
    }
    Nodes stable_left, arm_left;
    for (std::size_t at = 0; at < partner.size(); ++at) {
      if (partner[at] == AlignedPair::kNone && !(keys_identify && stable_keys[at] != 0))
        stable_left.push_back(static_cast<std::uint32_t>(begin_ + at));
    }
    for (std::size_t at = 0; at < taken.size(); ++at) {
      if (!taken[at] && !(keys_identify && arm_keys[at] != 0))
        arm_left.push_back(static_cast<std::uint32_t>(begin_ + at));
    }
    const Alignment rest = align_rest(stable_left, arm_left);
    MarkupAlignment out;
    out.approximate = rest.approximate;
    for (const AlignedPair& pair : rest.pairs) {
      if (pair.stable == AlignedPair::kNone || pair.arm == AlignedPair::kNone) continue;
      partner[pair.stable - begin_] = pair.arm;
      taken[pair.arm - begin_] = true;
    }
    std::uint32_t last = 0;
    for (std::size_t at = 0; at < partner.size(); ++at) {
      out.pairs.push_back({static_cast<std::uint32_t>(begin_ + at), partner[at]});
      if (partner[at] == AlignedPair::kNone) continue;
      out.reordered |= partner[at] < last;
      last = partner[at];
    }
    for (std::size_t at = 0; at < taken.size(); ++at) {
      if (!taken[at]) out.pairs.push_back({AlignedPair::kNone, static_cast<std::uint32_t>(begin_ + at)});
    }
    return out;
  }

  Alignment align_rest(const Nodes& stable_left, const Nodes& arm_left) {
    std::vector<std::uint64_t> a, b;
    for (const std::uint32_t at : stable_left) a.push_back(stable_[stable_at_[at]].hash);
    for (const std::uint32_t at : arm_left) b.push_back(arm_[arm_at_[at]].hash);
    Alignment found = align(
        a, b,
        [&](std::uint32_t i, std::uint32_t j) { return similarity(stable_at_[stable_left[i]], arm_at_[arm_left[j]]); },
        budget_);
    for (AlignedPair& pair : found.pairs) {
      if (pair.stable != AlignedPair::kNone) pair.stable = stable_left[pair.stable];
      if (pair.arm != AlignedPair::kNone) pair.arm = arm_left[pair.arm];
    }
    return found;
  }

  // Elements of one name, the more alike the more attributes and children they share; looks at the first ones only, so
  // that one call costs the same for every input. A text is the same place in the list whatever it says.
  [[nodiscard]] std::uint32_t similarity(std::uint32_t x, std::uint32_t y) const {
    const MarkupNode &a = stable_[x], &b = arm_[y];
    if (a.is_text != b.is_text || a.name != b.name) return 0;
    if (a.hash == b.hash) return 128;
    if (a.is_text) return 2;
    const std::uint64_t a_id = id_of(stable_, x), b_id = id_of(arm_, y);
    if (a_id != 0 && b_id != 0) {
      if (a_id != b_id) return 1;
      return 96;
    }
    std::uint32_t alike = 2;
    for (std::uint32_t index = 0; index < std::min({kLooks, a.attribute_count, b.attribute_count}); ++index) {
      const MarkupAttribute &from = stable_.attribute(a, index), &to = arm_.attribute(b, index);
      if (from.name == to.name) alike += stable_.value(from) == arm_.value(to) ? 4 : 1;
    }
    std::uint32_t i = x + 1, j = y + 1;
    for (std::uint32_t look = 0; look < kLooks && i < a.end && j < b.end; ++look) {
      if (stable_[i].name == arm_[j].name) alike += stable_[i].hash == arm_[j].hash ? 4 : 1;
      i = stable_[i].end;
      j = arm_[j].end;
    }
    return alike;
  }

  const MarkupDocument &stable_, &arm_;
  const Nodes &stable_at_, &arm_at_;
  std::size_t& budget_;
  std::size_t begin_ = 0, stable_end_ = 0, arm_end_ = 0;
};

}  // namespace

MarkupAlignment align_children(const MarkupDocument& stable, const std::vector<std::uint32_t>& stable_at,
                               const MarkupDocument& arm, const std::vector<std::uint32_t>& arm_at, const Rule* rule,
                               std::size_t& budget) {
  return ChildAligner(stable, stable_at, arm, arm_at, budget).run(rule);
}

}  // namespace truemirror
