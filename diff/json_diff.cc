#include "diff/json_diff.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>

#include "diff/json_array.h"
#include "diff/json_equal.h"
#include "diff/json_members.h"
#include "diff/json_tree.h"
#include "diff/jwt.h"
#include "diff/value_class.h"

namespace truemirror {
namespace {

// Down to this depth a container is first compared as bytes, and elements of arrays by walking them. Deeper they are
// not, or nesting would make that quadratic: there the hash decides, which is made once for all levels.
constexpr std::size_t kWalkedDepth = 8;

std::string_view class_of(const JsonTree& tree, std::uint32_t value) {
  switch (tree[value].type) {
    case JsonType::null:
      return to_string(ValueClass::null);
    case JsonType::boolean:
      return to_string(ValueClass::boolean);
    case JsonType::number:
      return to_string(class_of_number(tree.text(value)));
    case JsonType::string:
      return to_string(class_of_text(tree.text(value)));
    case JsonType::array:
      return to_string(ValueClass::array);
    case JsonType::object:
      return to_string(ValueClass::object);
  }
  return {};
}

std::string_view flaw_name(std::uint8_t flaws) {
  if ((flaws & kInvalidUtf8) != 0) return "invalid_utf8";
  if ((flaws & kLoneSurrogate) != 0) return "lone_surrogate";
  return "too_deep";
}

class JsonWalk {
 public:
  JsonWalk(const JsonDocument& stable, const JsonDocument& arm, Location& at, DivergenceSink& sink, std::size_t& budget)
      : stable_(stable), arm_(arm), at_(at), sink_(sink), budget_(budget) {}

  // Recursion is as deep as the documents were parsed, at most 1000.
  void values(std::uint32_t x, std::uint32_t y, std::size_t depth) {
    const JsonNode &a = stable_[x], &b = arm_[y];
    if (a.type != b.type) return changed(x, y, Kind::type, transition_of(to_string(a.type), to_string(b.type)));
    if (!a.is_container() || !b.is_container()) return scalars(x, y);
    if (depth <= kWalkedDepth && a.size == b.size && stable_.text(x) == arm_.text(y)) return;
    if (a.type == JsonType::object) {
      objects(x, y, depth);
    } else {
      arrays(x, y, depth);
    }
  }

 private:
  void changed(std::uint32_t x, std::uint32_t y, Kind kind, std::string transition) {
    sink_.add(at_, kind, std::move(transition), [&](Divergence& d) {
      show(d, ShownValue{stable_.json(x), class_of(stable_, x)}, ShownValue{arm_.json(y), class_of(arm_, y)});
    });
  }
  void missing(std::uint32_t x) {
    sink_.add(at_, Kind::missing, std::string(class_of(stable_, x)),
              [&](Divergence& d) { show(d, ShownValue{stable_.json(x), class_of(stable_, x)}, std::nullopt); });
  }
  void added(std::uint32_t y) {
    sink_.add(at_, Kind::added, std::string(class_of(arm_, y)),
              [&](Divergence& d) { show(d, std::nullopt, ShownValue{arm_.json(y), class_of(arm_, y)}); });
  }

  // A flaw that only one side has is the difference, whatever the value.
  void scalars(std::uint32_t x, std::uint32_t y) {
    constexpr std::uint8_t kOwn = kInvalidUtf8 | kLoneSurrogate | kTooDeep;
    const std::uint8_t a = stable_[x].flaws & kOwn, b = arm_[y].flaws & kOwn;
    if (a == b && equal_scalars(stable_, x, arm_, y)) return;
    if (((a | b) & kTooDeep) != 0) return changed(x, y, Kind::malformed, "too_deep");
    const bool both_text = stable_[x].type == JsonType::string && arm_[y].type == JsonType::string;
    if (a == b && both_text && diff_jwts(stable_.text(x), arm_.text(y), at_, sink_)) return;
    if (a == b) return changed(x, y, Kind::value, transition_of(class_of(stable_, x), class_of(arm_, y)));
    const std::uint8_t broken = b & ~a;
    changed(x, y, Kind::malformed,
            broken != 0 ? std::string(flaw_name(broken)) : "was_" + std::string(flaw_name(a & ~b)));
  }

  void objects(std::uint32_t x, std::uint32_t y, std::size_t depth) {
    if (in_step(x, y, depth) || among_few(x, y, depth)) return;
    const MemberPairs pairs(stable_, x, arm_, y);
    for (const MemberPair& pair : pairs.rows()) member(pair, depth);
  }

  // The same keys in the same order, each once, which is nearly always so: no look-up is needed.
  bool in_step(std::uint32_t x, std::uint32_t y, std::size_t depth) {
    if (stable_[x].count != arm_[y].count || stable_[x].count > kFewMembers) return false;
    std::uint32_t a = x + 1, b = y + 1;
    for (; a < stable_[x].end; a = stable_[a].end, b = arm_[b].end) {
      if (stable_.key(a) != arm_.key(b)) return false;
    }
    if (has_duplicates(stable_, x)) return false;
    for (a = x + 1, b = y + 1; a < stable_[x].end; a = stable_[a].end, b = arm_[b].end) {
      at_.push_key(stable_.key(a));
      values(a, b, depth + 1);
      at_.pop();
    }
    return true;
  }

  // Few members, each key once: a look-up is a scan, and it begins where the last one ended.
  bool among_few(std::uint32_t x, std::uint32_t y, std::size_t depth) {
    if (stable_[x].count > kFewMembers || arm_[y].count > kFewMembers) return false;
    if (has_duplicates(stable_, x) || has_duplicates(arm_, y)) return false;
    std::uint32_t shared = 0, next = y + 1;
    for (std::uint32_t a = x + 1; a < stable_[x].end; a = stable_[a].end) {
      const std::uint32_t b = arm_.member(y, stable_.key(a), next);
      at_.push_key(stable_.key(a));
      if (b == 0) {
        missing(a);
      } else {
        ++shared;
        next = arm_[b].end;
        values(a, b, depth + 1);
      }
      at_.pop();
    }
    if (shared != arm_[y].count) only_in_arm(x, y);
    return true;
  }
  void only_in_arm(std::uint32_t x, std::uint32_t y) {
    for (std::uint32_t b = y + 1; b < arm_[y].end; b = arm_[b].end) {
      if (stable_.member(x, arm_.key(b)) != 0) continue;
      at_.push_key(arm_.key(b));
      added(b);
      at_.pop();
    }
  }

  void member(const MemberPair& pair, std::size_t depth) {
    at_.push_key(pair.stable.empty() ? arm_.key(pair.arm.front()) : stable_.key(pair.stable.front()));
    if (pair.stable.size() > 1 || pair.arm.size() > 1) {
      duplicates(pair);
    } else if (pair.arm.empty()) {
      missing(pair.stable.front());
    } else if (pair.stable.empty()) {
      added(pair.arm.front());
    } else {
      values(pair.stable.front(), pair.arm.front(), depth + 1);
    }
    at_.pop();
  }

  // A key that occurs more than once has no one value: equal only when all its values are.
  void duplicates(const MemberPair& pair) {
    const bool same = std::equal(pair.stable.begin(), pair.stable.end(), pair.arm.begin(), pair.arm.end(),
                                 [&](std::uint32_t a, std::uint32_t b) { return stable_.hash(a) == arm_.hash(b); });
    if (same) return;
    const bool was = pair.arm.size() < 2;
    sink_.add(at_, Kind::malformed, was ? "was_duplicate_key" : "duplicate_key", [&](Divergence& d) {
      d.stable = listed(stable_, pair.stable);
      d.arm = listed(arm_, pair.arm);
    });
  }
  static std::optional<std::string> listed(const JsonTree& tree, std::span<const std::uint32_t> values) {
    if (values.empty()) return std::nullopt;
    if (values.size() == 1) return tree.json(values.front());
    std::string out;
    for (const std::uint32_t value : values) out += (out.empty() ? "[" : ",") + tree.json(value);
    return out + "]";
  }

  void arrays(std::uint32_t x, std::uint32_t y, std::size_t depth) {
    if (stable_[x].count == 1 && arm_[y].count == 1) return element(AlignedPair{0, 0}, x + 1, y + 1, depth);
    const std::vector<std::uint32_t> a = stable_.children(x), b = arm_.children(y);
    const ArrayAlignment found =
        align_arrays(stable_, a, arm_, b, sink_.array_rule(at_), depth <= kWalkedDepth, budget_);
    if (found.reordered) changed(x, y, Kind::reordered, "order");
    const bool before = sink_.approximate;
    sink_.approximate |= found.approximate;
    for (const AlignedPair& pair : found.pairs) {
      element(pair, pair.stable == AlignedPair::kNone ? 0 : a[pair.stable],
              pair.arm == AlignedPair::kNone ? 0 : b[pair.arm], depth);
    }
    sink_.approximate = before;
  }
  void element(const AlignedPair& pair, std::uint32_t x, std::uint32_t y, std::size_t depth) {
    const bool is_added = pair.stable == AlignedPair::kNone;
    at_.push_index(is_added ? pair.arm : pair.stable);
    if (is_added) {
      added(y);
    } else if (pair.arm == AlignedPair::kNone) {
      missing(x);
    } else {
      values(x, y, depth + 1);
    }
    at_.pop();
  }

  JsonTree stable_, arm_;
  Location& at_;
  DivergenceSink& sink_;
  std::size_t& budget_;
};

}  // namespace

void diff_json(const JsonDocument& stable, const JsonDocument& arm, Location& at, DivergenceSink& sink,
               std::size_t& budget) {
  JsonWalk(stable, arm, at, sink, budget).values(0, 0, 0);
}

}  // namespace truemirror
