#include "diff/sink.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "diff/jwt.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

// Hostile documents can differ in millions of places, and in nested ones (arrays in another order, each within the
// last) that show the same bytes again and again. After so much the list is full.
constexpr std::size_t kMostDropped = 100'000;
constexpr std::size_t kMostBytes = 64u << 20;

std::uint64_t signature_of(std::string_view generalized, Kind kind, std::string_view transition) {
  const std::uint64_t place = XXH3_64bits(generalized.data(), generalized.size());
  return XXH3_64bits_withSeed(transition.data(), transition.size(), place + static_cast<std::uint64_t>(kind));
}

}  // namespace

DivergenceSink::DivergenceSink(const RuleSet* rules, std::string_view endpoint, std::size_t max_divergences)
    : rules_(rules),
      endpoint_(endpoint),
      max_open_(max_divergences),
      max_signature_(std::max<std::size_t>(1, max_divergences / 8)) {}

const std::vector<std::uint32_t>& DivergenceSink::in_force() {
  if (looked_up_ || rules_ == nullptr) return in_force_;
  looked_up_ = true;
  const std::vector<Rule>& rules = rules_->rules();
  for (std::uint32_t at = 0; at < rules.size(); ++at) {
    if (rules[at].expired || !rules[at].endpoint.matches(endpoint_)) continue;
    in_force_.push_back(at);
    shapes_arrays_ |= rules[at].action == RuleAction::unordered || rules[at].action == RuleAction::key;
  }
  return in_force_;
}

const Rule* DivergenceSink::array_rule(const Location& at) {
  const std::vector<std::uint32_t>& in_force_here = in_force();
  if (!shapes_arrays_) return nullptr;
  const std::string location = at.exact();
  for (const std::uint32_t index : in_force_here) {
    const Rule& rule = rules_->rules()[index];
    const bool shapes = rule.action == RuleAction::unordered || rule.action == RuleAction::key;
    if (shapes && rule.location.matches(location)) return &rule;
  }
  return nullptr;
}

bool DivergenceSink::begin(Location& at, Kind kind, std::string transition) {
  if (full_ || open_ >= max_open_) return false;
  signature_ = signature_of(at.generalized(), kind, transition);
  const auto kept = seen_.find(signature_);
  if (kept != seen_.end() && kept->second >= max_signature_) {
    full_ = ++dropped_ > kMostDropped;
    return false;
  }
  Divergence next;
  next.location = at.exact();
  next.generalized = at.generalized();
  next.kind = kind;
  next.transition = std::move(transition);
  next.approximate = approximate;
  list_.push_back(std::move(next));
  return true;
}

void DivergenceSink::settle() {
  Divergence& added = list_.back();
  bytes_ += (added.stable ? added.stable->size() : 0) + (added.arm ? added.arm->size() : 0);
  full_ = bytes_ > kMostBytes;
  for (const std::uint32_t index : in_force()) {
    const Rule& rule = rules_->rules()[index];
    if (!rule.covers(added)) continue;
    added.disposition = rule.action == RuleAction::accept ? Disposition::accepted : Disposition::hidden;
    added.rule = static_cast<std::int32_t>(index);
    // One of each signature and rule says all that is counted.
    if (++seen_[signature_ ^ ((index + 1) * 0x9E3779B97F4A7C15u)] > 1) {
      list_.pop_back();
      full_ |= ++dropped_ > kMostDropped;
    }
    return;
  }
  ++seen_[signature_];
  ++open_;
}

void show(Divergence& divergence, std::optional<ShownValue> stable, std::optional<ShownValue> arm) {
  if (stable) {
    divergence.stable = std::move(stable->json);
    divergence.from_class = stable->value_class;
  }
  if (arm) {
    divergence.arm = std::move(arm->json);
    divergence.to_class = arm->value_class;
  }
}

ShownValue shown_text(std::string_view text) { return {json_quoted(text), to_string(class_of_text(text))}; }

std::string transition_of(std::string_view from, std::string_view to) {
  std::string out(from);
  out += "→";
  out += to;
  return out;
}

void add_text_divergence(DivergenceSink& sink, Location& at, std::optional<std::string_view> stable,
                         std::optional<std::string_view> arm) {
  if (stable && arm && diff_jwts(*stable, *arm, at, sink)) return;
  const std::string_view from = stable ? to_string(class_of_text(*stable)) : "";
  const std::string_view to = arm ? to_string(class_of_text(*arm)) : "";
  const Kind kind = !arm ? Kind::missing : !stable ? Kind::added : Kind::value;
  sink.add(at, kind,
           !arm      ? std::string(from)
           : !stable ? std::string(to)
                     : transition_of(from, to),
           [&](Divergence& divergence) {
             if (stable) show(divergence, ShownValue{json_quoted(*stable), from}, std::nullopt);
             if (arm) show(divergence, std::nullopt, ShownValue{json_quoted(*arm), to});
           });
}

void add_bytes_divergence(DivergenceSink& sink, Location& at, std::string_view stable, std::string_view arm,
                          std::string why) {
  if (why.empty()) why = stable.size() != arm.size() ? "length" : "content";
  sink.add(at, Kind::bytes, std::move(why), [&](Divergence& divergence) {
    const auto differs = std::mismatch(stable.begin(), stable.end(), arm.begin(), arm.end()).first;
    const std::string offset = std::to_string(differs - stable.begin());
    const auto shown = [&](std::size_t length) {
      return R"({"length":)" + std::to_string(length) + R"(,"first_difference":)" + offset + "}";
    };
    divergence.stable = shown(stable.size());
    divergence.arm = shown(arm.size());
  });
}

}  // namespace truemirror
