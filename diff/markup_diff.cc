#include "diff/markup_diff.h"

#include <optional>
#include <string>
#include <unordered_map>

#include "diff/markup_align.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

using Nodes = std::vector<std::uint32_t>;

constexpr std::string_view kElement = "element";

// Which of its siblings of one name each child is, from 1; 0 where it is the only one. Each side counts its own, so
// that where something stands does not depend on what the other side has beside it.
std::vector<std::size_t> numbers(const MarkupDocument& document, const Nodes& children) {
  std::unordered_map<std::uint64_t, std::size_t> counts, so_far;
  for (const std::uint32_t child : children) ++counts[document[child].name];
  std::vector<std::size_t> out;
  out.reserve(children.size());
  for (const std::uint32_t child : children) {
    const std::uint64_t name = document[child].name;
    out.push_back(counts[name] == 1 ? 0 : ++so_far[name]);
  }
  return out;
}

class MarkupWalk {
 public:
  MarkupWalk(const MarkupDocument& stable, const MarkupDocument& arm, Location& at, DivergenceSink& sink,
             std::size_t& budget)
      : stable_(stable), arm_(arm), at_(at), sink_(sink), budget_(budget) {}

  // Recursion is as deep as the documents were parsed.
  void elements(std::uint32_t x, std::uint32_t y) {
    if (stable_[x].hash == arm_[y].hash) return;
    attributes(stable_[x], arm_[y]);
    children(x, y);
  }

 private:
  void attributes(const MarkupNode& x, const MarkupNode& y) {
    std::unordered_map<std::uint64_t, const MarkupAttribute*> arm_with;
    for (std::uint32_t index = 0; index < y.attribute_count; ++index) {
      const MarkupAttribute& attribute = arm_.attribute(y, index);
      arm_with.emplace(attribute.name, &attribute);
    }
    for (std::uint32_t index = 0; index < x.attribute_count; ++index) {
      const MarkupAttribute& from = stable_.attribute(x, index);
      const auto found = arm_with.find(from.name);
      std::optional<std::string_view> to;
      if (found != arm_with.end()) to = arm_.value(*found->second);
      if (found != arm_with.end()) arm_with.erase(found);
      if (to != stable_.value(from)) attribute(stable_.name(from), stable_.value(from), to);
    }
    for (std::uint32_t index = 0; index < y.attribute_count; ++index) {
      const MarkupAttribute& added = arm_.attribute(y, index);
      if (arm_with.contains(added.name)) attribute(arm_.name(added), std::nullopt, arm_.value(added));
    }
  }
  void attribute(std::string_view name, std::optional<std::string_view> from, std::optional<std::string_view> to) {
    at_.push_name(name);
    add_text_divergence(sink_, at_, from, to);
    at_.pop();
  }

  void children(std::uint32_t x, std::uint32_t y) {
    const Nodes a = stable_.children(x), b = arm_.children(y);
    const MarkupAlignment found = align_children(stable_, a, arm_, b, sink_.array_rule(at_), budget_);
    if (found.reordered) reordered(x, y);
    if (found.pairs.empty()) return;
    const std::vector<std::size_t> stable_numbers = numbers(stable_, a), arm_numbers = numbers(arm_, b);
    const bool before = sink_.approximate;
    sink_.approximate |= found.approximate;
    for (const AlignedPair& pair : found.pairs) {
      const bool has_stable = pair.stable != AlignedPair::kNone, has_arm = pair.arm != AlignedPair::kNone;
      if (has_stable && has_arm && alike(a[pair.stable], b[pair.arm])) {
        const std::size_t depth = enter(stable_, a[pair.stable], stable_numbers[pair.stable]);
        both(a[pair.stable], b[pair.arm]);
        leave(depth);
        continue;
      }
      if (has_stable) one_sided(stable_, a[pair.stable], stable_numbers[pair.stable], Kind::missing);
      if (has_arm) one_sided(arm_, b[pair.arm], arm_numbers[pair.arm], Kind::added);
    }
    sink_.approximate = before;
  }

  [[nodiscard]] bool alike(std::uint32_t x, std::uint32_t y) const {
    return stable_[x].is_text == arm_[y].is_text && stable_[x].name == arm_[y].name;
  }

  void both(std::uint32_t x, std::uint32_t y) {
    if (!stable_[x].is_text) return elements(x, y);
    const std::string_view from = stable_.text(stable_[x]), to = arm_.text(arm_[y]);
    if (from != to) add_text_divergence(sink_, at_, from, to);
  }

  void one_sided(const MarkupDocument& document, std::uint32_t node, std::size_t number, Kind kind) {
    const std::size_t depth = enter(document, node, number);
    if (document[node].is_text) {
      const std::string_view text = document.text(document[node]);
      add_text_divergence(sink_, at_, kind == Kind::missing ? std::optional(text) : std::nullopt,
                          kind == Kind::added ? std::optional(text) : std::nullopt);
    } else {
      sink_.add(at_, kind, std::string(kElement), [&](Divergence& d) {
        ShownValue shown{json_quoted(document.markup(node)), kElement};
        if (kind == Kind::missing) return show(d, std::move(shown), std::nullopt);
        show(d, std::nullopt, std::move(shown));
      });
    }
    leave(depth);
  }

  void reordered(std::uint32_t x, std::uint32_t y) {
    sink_.add(at_, Kind::reordered, "order", [&](Divergence& d) {
      show(d, ShownValue{json_quoted(stable_.markup(x)), kElement}, ShownValue{json_quoted(arm_.markup(y)), kElement});
    });
  }

  // How many segments it pushed.
  std::size_t enter(const MarkupDocument& document, std::uint32_t node, std::size_t number) {
    at_.push_name(document[node].is_text ? std::string_view("text") : document.text(document[node]));
    if (number == 0) return 1;
    at_.push_index(number);
    return 2;
  }
  void leave(std::size_t depth) {
    for (; depth > 0; --depth) at_.pop();
  }

  const MarkupDocument &stable_, &arm_;
  Location& at_;
  DivergenceSink& sink_;
  std::size_t& budget_;
};

}  // namespace

void diff_markup(const MarkupDocument& stable, const MarkupDocument& arm, Location& at, DivergenceSink& sink,
                 std::size_t& budget) {
  MarkupWalk(stable, arm, at, sink, budget).elements(0, 0);
}

}  // namespace truemirror
