#include "diff/json_array.h"

#include <algorithm>
#include <optional>
#include <string>

#include "diff/hash_index.h"
#include "diff/json_equal.h"

namespace truemirror {
namespace {

using Elements = std::vector<std::uint32_t>;

// A field that most elements lack costs a look at each of them: only so many are tried.
constexpr std::size_t kMostKeyFields = 16;

class ArrayAligner {
 public:
  ArrayAligner(JsonTree& stable, const Elements& stable_at, JsonTree& arm, const Elements& arm_at, bool walked,
               std::size_t& budget)
      : stable_(stable), arm_(arm), stable_all_(stable_at), arm_all_(arm_at), budget_(budget), walked_(walked) {
    trim();
  }

  ArrayAlignment run(const Rule* rule) {
    if (rule != nullptr && rule->action == RuleAction::unordered) return as_multisets();
    const bool one_sided = begin_ == stable_end_ || begin_ == arm_end_;
    if (one_sided || (stable_end_ - begin_ == 1 && arm_end_ - begin_ == 1)) return in_order();
    if (rule != nullptr && rule->action == RuleAction::key) return by_key(rule->key);
    if (const auto key = inferred_key()) return by_key(*key);
    if (same_multiset()) return {{}, true, false};
    return by_subsequence();
  }

 private:
  // Elements that are equal at both ends need no alignment.
  void trim() {
    stable_end_ = stable_all_.size();
    arm_end_ = arm_all_.size();
    while (begin_ < stable_end_ && begin_ < arm_end_ && same(begin_, begin_)) ++begin_;
    while (stable_end_ > begin_ && arm_end_ > begin_ && same(stable_end_ - 1, arm_end_ - 1)) {
      --stable_end_;
      --arm_end_;
    }
  }
  bool same(std::size_t i, std::size_t j) {
    const std::uint32_t x = stable_all_[i], y = arm_all_[j];
    if (!walked_) return stable_.hash(x) == arm_.hash(y);
    const JsonNode &a = stable_[x], &b = arm_[y];
    if (a.type != b.type || a.flaws != b.flaws) return false;
    return (a.size == b.size && stable_.text(x) == arm_.text(y)) || equal(stable_, x, arm_, y);
  }

  [[nodiscard]] std::uint32_t index(std::size_t at) const { return static_cast<std::uint32_t>(at); }

  // What is left pairs in its order; used where at most one element, or one side, is left.
  ArrayAlignment in_order() const {
    ArrayAlignment out;
    for (std::size_t at = begin_; at < std::max(stable_end_, arm_end_); ++at) {
      out.pairs.push_back(
          {at < stable_end_ ? index(at) : AlignedPair::kNone, at < arm_end_ ? index(at) : AlignedPair::kNone});
    }
    return out;
  }

  // The hash of a key field's value; 0 where the element has no such field or it is no whole scalar.
  static std::uint64_t key_hash(JsonTree& tree, std::uint32_t element, std::string_view field) {
    const std::uint32_t value = tree.member(element, field);
    if (value == 0) return 0;
    const bool scalar = tree[value].type == JsonType::string || tree[value].type == JsonType::number;
    return scalar ? tree.hash(value) : 0;
  }

  // The key fields of the elements from `begin` to `end`; none where one has no such field, or two the same value.
  std::optional<HashIndex> unique_values(JsonTree& tree, const Elements& all, std::size_t begin, std::size_t end,
                                         std::string_view field) const {
    std::vector<HashIndex::Entry> values;
    values.reserve(end - begin);
    for (std::size_t at = begin; at < end; ++at) {
      const std::uint64_t hash = key_hash(tree, all[at], field);
      if (hash == 0) return std::nullopt;
      values.emplace_back(hash, index(at));
    }
    HashIndex out(std::move(values));
    if (!out.unique()) return std::nullopt;
    return out;
  }

  // How many values of the field both sides share, where it can be a key on both. What was trimmed is equal on both
  // sides, so stable's stand for the arm's.
  std::optional<std::size_t> shared_values(std::string_view field) {
    const auto b = unique_values(arm_, arm_all_, begin_, arm_end_, field);
    if (!b) return std::nullopt;
    const auto a = unique_values(stable_, stable_all_, 0, stable_all_.size(), field);
    if (!a) return std::nullopt;
    std::size_t shared = stable_all_.size() - (stable_end_ - begin_);
    for (const auto& [hash, unused] : b->entries()) {
      const std::uint32_t at = a->find(hash);
      if (at == HashIndex::kNone) continue;
      if (at < begin_ || at >= stable_end_) return std::nullopt;  // the arm has it there as well
      ++shared;
    }
    return shared;
  }

  // The field whose values most elements share; at a tie one that is named like a key, then the first. A number with a
  // fraction is a measure and never a key.
  std::optional<std::string> inferred_key() {
    const std::uint32_t first = stable_all_.front();
    if (stable_[first].type != JsonType::object) return std::nullopt;
    std::optional<std::string> best;
    std::size_t best_score = 0, tried = 0;
    const std::size_t fewer = std::min(stable_all_.size(), arm_all_.size());
    for (const std::uint32_t field : stable_.children(first)) {
      const std::string_view name = stable_.key(field);
      const bool named_so = name == "id" || name == "_id" || name == "uuid" || name == "key";
      if (stable_[field].type == JsonType::number &&
          stable_.text(field).find_first_of(".eE") != std::string_view::npos) {
        continue;
      }
      if ((++tried > kMostKeyFields || best_score >= 2 * fewer) && !named_so) continue;  // cannot be better
      const auto shared = shared_values(name);
      if (!shared || *shared * 2 < fewer) continue;
      const std::size_t score = *shared * 2 + (named_so ? 1 : 0);
      if (score > best_score) {
        best_score = score;
        best = std::string(name);
      }
      if (best_score == 2 * fewer + 1) break;
    }
    return best;
  }

  // Elements without the field, which a rule may name for all that, pair as a set does.
  ArrayAlignment by_key(std::string_view field) {
    std::vector<HashIndex::Entry> keys;
    Elements stable_left, arm_left;
    for (std::size_t at = begin_; at < arm_end_; ++at) {
      const std::uint64_t hash = key_hash(arm_, arm_all_[at], field);
      hash != 0 ? void(keys.emplace_back(hash, index(at))) : arm_left.push_back(index(at));
    }
    HashIndex arm_with(std::move(keys));
    std::vector<std::uint32_t> partner(stable_end_, AlignedPair::kNone);
    for (std::size_t at = begin_; at < stable_end_; ++at) {
      const std::uint64_t hash = key_hash(stable_, stable_all_[at], field);
      hash != 0 ? void(partner[at] = arm_with.take(hash)) : stable_left.push_back(index(at));
    }
    const bool approximate = pair_as_sets(stable_left, arm_left, partner);
    return matched(partner, approximate);
  }

  // Pairs each stable element with its partner, whatever the order; the rest is missing or added.
  [[nodiscard]] ArrayAlignment matched(const std::vector<std::uint32_t>& partner, bool approximate) const {
    ArrayAlignment out;
    out.approximate = approximate;
    std::vector<bool> taken(arm_all_.size(), false);
    std::uint32_t last = 0;
    for (std::size_t at = begin_; at < stable_end_; ++at) {
      const std::uint32_t with = partner[at];
      out.pairs.push_back({index(at), with});
      if (with == AlignedPair::kNone) continue;
      taken[with] = true;
      out.reordered |= with < last;
      last = with;
    }
    for (std::size_t at = begin_; at < arm_end_; ++at) {
      if (!taken[at]) out.pairs.push_back({AlignedPair::kNone, index(at)});
    }
    return out;
  }

  bool same_multiset() {
    if (stable_end_ - begin_ != arm_end_ - begin_) return false;
    std::vector<std::uint64_t> a = middle(stable_, stable_all_, stable_end_), b = middle(arm_, arm_all_, arm_end_);
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    return a == b;
  }

  std::vector<std::uint64_t> middle(JsonTree& tree, const Elements& all, std::size_t end) const {
    std::vector<std::uint64_t> out;
    for (std::size_t at = begin_; at < end; ++at) out.push_back(tree.hash(all[at]));
    return out;
  }

  ArrayAlignment as_multisets() {
    Elements stable_left, arm_left;
    for (std::size_t at = begin_; at < stable_end_; ++at) stable_left.push_back(index(at));
    for (std::size_t at = begin_; at < arm_end_; ++at) arm_left.push_back(index(at));
    std::vector<std::uint32_t> partner(stable_end_, AlignedPair::kNone);
    const bool approximate = pair_as_sets(stable_left, arm_left, partner);
    return matched(partner, approximate);
  }

  // Equal elements pair wherever they stand; what is left pairs by similarity, in order. True: over the budget.
  bool pair_as_sets(Elements stable_left, Elements arm_left, std::vector<std::uint32_t>& partner) {
    if (stable_left.empty() || arm_left.empty()) return false;
    std::vector<HashIndex::Entry> hashes;
    for (const std::uint32_t at : arm_left) hashes.emplace_back(arm_.hash(arm_all_[at]), at);
    HashIndex arm_with(std::move(hashes));
    std::vector<bool> taken(arm_all_.size(), false);
    std::erase_if(stable_left, [&](std::uint32_t at) {
      partner[at] = arm_with.take(stable_.hash(stable_all_[at]));
      if (partner[at] != AlignedPair::kNone) taken[partner[at]] = true;
      return partner[at] != AlignedPair::kNone;
    });
    std::erase_if(arm_left, [&](std::uint32_t at) { return taken[at]; });
    const Alignment rest = align_left(stable_left, arm_left);
    for (const AlignedPair& pair : rest.pairs) {
      if (pair.stable != AlignedPair::kNone && pair.arm != AlignedPair::kNone) {
        partner[stable_left[pair.stable]] = arm_left[pair.arm];
      }
    }
    return rest.approximate;
  }

  ArrayAlignment by_subsequence() {
    Elements stable_left, arm_left;
    for (std::size_t at = begin_; at < stable_end_; ++at) stable_left.push_back(index(at));
    for (std::size_t at = begin_; at < arm_end_; ++at) arm_left.push_back(index(at));
    Alignment found = align_left(stable_left, arm_left);
    ArrayAlignment out;
    out.approximate = found.approximate;
    for (AlignedPair pair : found.pairs) {
      if (pair.stable != AlignedPair::kNone) pair.stable = stable_left[pair.stable];
      if (pair.arm != AlignedPair::kNone) pair.arm = arm_left[pair.arm];
      out.pairs.push_back(pair);
    }
    return out;
  }

  Alignment align_left(const Elements& stable_left, const Elements& arm_left) {
    std::vector<std::uint64_t> a, b;
    for (const std::uint32_t at : stable_left) a.push_back(stable_.hash(stable_all_[at]));
    for (const std::uint32_t at : arm_left) b.push_back(arm_.hash(arm_all_[at]));
    const auto similar = [&](std::uint32_t i, std::uint32_t j) {
      return similarity(stable_all_[stable_left[i]], arm_all_[arm_left[j]]);
    };
    return align(a, b, similar, budget_);
  }

  // Members with the same key and value count most, then a common type: an element that changed its type is still the
  // same place in the list. Looks at the first members only, so that one call costs the same for every input.
  std::uint32_t similarity(std::uint32_t x, std::uint32_t y) {
    constexpr std::uint32_t kLooks = 12;
    if (stable_[x].type != arm_[y].type) return 1;
    if (stable_.hash(x) == arm_.hash(y)) return 64;
    std::uint32_t alike = 2, a = x + 1, b = y + 1;
    for (std::uint32_t look = 0; look < kLooks && a < stable_[x].end && b < arm_[y].end; ++look) {
      const bool same_key = stable_.key(a) == arm_.key(b);
      if (same_key) alike += stable_.hash(a) == arm_.hash(b) ? 4 : 1;
      a = stable_[a].end;
      b = arm_[b].end;
    }
    return alike;
  }

  JsonTree &stable_, &arm_;
  const Elements &stable_all_, &arm_all_;
  std::size_t& budget_;
  bool walked_;
  std::size_t begin_ = 0, stable_end_ = 0, arm_end_ = 0;
};

}  // namespace

ArrayAlignment align_arrays(JsonTree& stable, const std::vector<std::uint32_t>& stable_at, JsonTree& arm,
                            const std::vector<std::uint32_t>& arm_at, const Rule* rule, bool walked,
                            std::size_t& budget) {
  return ArrayAligner(stable, stable_at, arm, arm_at, walked, budget).run(rule);
}

}  // namespace truemirror
