#include "diff/sink.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <unordered_set>

#include "diff/json.h"
#include "diff/jwt.h"
#include "diff/renaming.h"
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

std::uint64_t covered_signature(std::uint64_t signature, std::int32_t rule) {
  return signature ^ ((static_cast<std::uint64_t>(rule) + 1) * 0x9E3779B97F4A7C15u);
}

}  // namespace

DivergenceSink::DivergenceSink(const RuleSet* rules, std::string_view endpoint, std::size_t max_divergences,
                               WallTime at)
    : rules_(rules),
      endpoint_(endpoint),
      at_(at),
      max_open_(max_divergences),
      max_signature_(std::max<std::size_t>(1, max_divergences / 8)) {}

const std::vector<std::uint32_t>& DivergenceSink::in_force() {
  if (looked_up_ || rules_ == nullptr) return in_force_;
  looked_up_ = true;
  const std::vector<Rule>& rules = rules_->rules();
  for (std::uint32_t at = 0; at < rules.size(); ++at) {
    if (!rules[at].in_force(at_) || !rules[at].endpoint.matches(endpoint_)) continue;
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

// The first rule that applies, -1 where none does.
std::int32_t DivergenceSink::covering_rule(const Divergence& divergence) {
  for (const std::uint32_t index : in_force()) {
    if (rules_->rules()[index].covers(divergence)) return static_cast<std::int32_t>(index);
  }
  return -1;
}

void DivergenceSink::settle() {
  Divergence& added = list_.back();
  bytes_ += (added.stable ? added.stable->size() : 0) + (added.arm ? added.arm->size() : 0);
  full_ = bytes_ > kMostBytes;
  if (request_ != nullptr && mark_echo(added, *request_, searched_)) {
    signature_ = signature_of(added.generalized, added.kind, added.transition);
  }
  added.rule = covering_rule(added);
  if (added.rule < 0) {
    ++seen_[signature_];
    ++open_;
    return;
  }
  const bool accepts = rules_->rules()[static_cast<std::size_t>(added.rule)].action == RuleAction::accept;
  added.disposition = accepts ? Disposition::accepted : Disposition::hidden;
  // One of each signature and rule says all that is counted; of what is accepted more are kept until take(), because
  // they may be renamings.
  const std::size_t most = accepts ? max_signature_ : 1;
  if (++seen_[covered_signature(signature_, added.rule)] > most) {
    list_.pop_back();
    full_ |= ++dropped_ > kMostDropped;
  }
}

std::vector<Divergence> DivergenceSink::take() {
  for (const std::size_t at : fold_renamings(list_)) {
    Divergence& odd = list_[at];  // another transition: what was accepted before is not
    odd.rule = covering_rule(odd);
    const bool accepts =
        odd.rule >= 0 && rules_->rules()[static_cast<std::size_t>(odd.rule)].action == RuleAction::accept;
    odd.disposition = odd.rule < 0 ? Disposition::open : accepts ? Disposition::accepted : Disposition::hidden;
  }
  drop_repeated();
  return std::move(list_);
}

void DivergenceSink::drop_repeated() {
  const auto accepted = [](const Divergence& d) { return d.disposition == Disposition::accepted; };
  if (std::count_if(list_.begin(), list_.end(), accepted) < 2) return;
  std::unordered_set<std::uint64_t> kept;
  std::erase_if(list_, [&](const Divergence& d) {
    if (!accepted(d)) return false;
    return !kept.insert(covered_signature(signature_of(d.generalized, d.kind, d.transition), d.rule)).second;
  });
}

void DivergenceSink::hidden_by_default(std::size_t default_rule, Location& at, const std::optional<std::string>& stable,
                                       const std::optional<std::string>& arm) {
  defaults_hidden_ |= static_cast<DefaultRules>(1u << default_rule);
  if (!list_defaults_) return;
  Divergence hidden;
  hidden.location = at.exact();
  hidden.generalized = at.generalized();
  hidden.kind = !arm ? Kind::missing : !stable ? Kind::added : Kind::value;
  if (stable) show(hidden, shown_text(*stable), std::nullopt);
  if (arm) show(hidden, std::nullopt, shown_text(*arm));
  hidden.transition = hidden.kind == Kind::value ? transition_of(hidden.from_class, hidden.to_class)
                                                 : hidden.from_class + hidden.to_class;
  hidden.disposition = Disposition::hidden;
  hidden.rule = rule_of_default(default_rule);
  list_.push_back(std::move(hidden));
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

std::string shown_contents(const std::string& json) {
  if (json.size() < 2 || json.front() != '"') return json;
  if (json.find('\\') == std::string::npos) return json.substr(1, json.size() - 2);
  JsonDocument document;
  if (!document.parse(json, {}) || document[0].type != JsonType::string) return json;
  return std::string(document.text(document[0]));
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
