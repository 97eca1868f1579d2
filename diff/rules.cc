#include "diff/rules.h"

#include <re2/re2.h>

#include <array>
#include <utility>

#include "diff/sink.h"
#include "diff/timestamp.h"
#include "diff/tolerance.h"

namespace truemirror {
namespace {

constexpr std::array<std::string_view, 8> kActions{"ignore",    "type_only", "unordered",   "key",
                                                   "tolerance", "replace",   "time_within", "accept"};

bool equal_after_replace(const Rule& rule, std::string from, std::string to) {
  RE2::GlobalReplace(&from, *rule.regex, rule.with);
  RE2::GlobalReplace(&to, *rule.regex, rule.with);
  return from == to;
}

bool close_in_time(const Rule& rule, const std::string& from, const std::string& to) {
  const auto a = parse_time(from), b = parse_time(to);
  return a && b && (*a < *b ? *b - *a : *a - *b) <= rule.within;
}

// `200→500` has two ends; where there is no arrow, the kind says which side is absent.
std::pair<std::string_view, std::string_view> ends(const Divergence& d) {
  constexpr std::string_view kArrow = "→";
  const std::string_view transition = d.transition;
  const std::size_t arrow = transition.find(kArrow);
  if (arrow != std::string_view::npos) return {transition.substr(0, arrow), transition.substr(arrow + kArrow.size())};
  if (d.kind == Kind::missing) return {transition, "absent"};
  if (d.kind == Kind::added) return {"absent", transition};
  return {"", transition};
}

bool accepts(const Rule& rule, const Divergence& d) {
  const auto [from, to] = ends(d);
  return (!rule.kind || *rule.kind == d.kind) && (!rule.from || *rule.from == from) && (!rule.to || *rule.to == to);
}

}  // namespace

Result<std::shared_ptr<const RuleSet>> RuleSet::with_types(std::shared_ptr<const ProtobufTypes> types,
                                                           std::string_view file_name) const {
  for (const ProtobufNames::Line& line : protobuf_.messages) {
    if (types->message(line.response) != nullptr) continue;
    return Problem{std::string(file_name) + ":" + std::to_string(line.line) + ": " + protobuf_.descriptors +
                   " declares no message '" + line.response + "'"};
  }
  auto out = std::make_shared<RuleSet>(*this);
  out->types_ = std::move(types);
  return std::shared_ptr<const RuleSet>(std::move(out));
}

const ProtoMessage* RuleSet::answer_of(std::string_view endpoint, std::string_view target) const {
  if (types_ == nullptr) return nullptr;
  for (const ProtobufNames::Line& line : protobuf_.messages) {
    if (line.endpoint.matches(endpoint)) return types_->message(line.response);
  }
  return types_->answer(target);
}

std::string_view to_string(RuleAction action) { return kActions.at(static_cast<std::size_t>(action)); }

bool Rule::covers(const Divergence& d) const {
  if (action == RuleAction::ignore) return location.covers(d.location);
  if (!location.matches(d.location)) return false;
  const bool changed = d.kind == Kind::value && d.stable && d.arm;
  switch (action) {
    case RuleAction::type_only:
      return changed;
    case RuleAction::unordered:
      return d.kind == Kind::reordered;
    case RuleAction::tolerance:
      return changed && within_tolerance(shown_contents(*d.stable), shown_contents(*d.arm), abs, rel);
    case RuleAction::replace:
      return changed && equal_after_replace(*this, shown_contents(*d.stable), shown_contents(*d.arm));
    case RuleAction::time_within:
      return changed && close_in_time(*this, shown_contents(*d.stable), shown_contents(*d.arm));
    case RuleAction::accept:
      return accepts(*this, d);
    case RuleAction::ignore:
    case RuleAction::key:
      break;
  }
  return false;
}

}  // namespace truemirror
