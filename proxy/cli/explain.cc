#include "proxy/cli/explain.h"

#include <algorithm>

#include "diff/compare.h"
#include "diff/report/message_json.h"
#include "diff/report/shown_text.h"

namespace truemirror {
namespace {

// As the comparer does it, for divergences that are given.
void apply_rules(std::vector<Divergence>& divergences, const RuleSet& rules, const std::string& endpoint) {
  for (Divergence& each : divergences) {
    for (std::size_t at = 0; at < rules.rules().size() && each.rule < 0; ++at) {
      const Rule& rule = rules.rules()[at];
      if (rule.expired || !rule.endpoint.matches(endpoint) || !rule.covers(each)) continue;
      each.rule = static_cast<std::int32_t>(at);
      each.disposition = rule.action == RuleAction::accept ? Disposition::accepted : Disposition::hidden;
    }
  }
}

bool at_its_location(const Rule& rule, const Divergence& d) {
  return rule.action == RuleAction::ignore ? rule.location.covers(d.location) : rule.location.matches(d.location);
}

// Why a rule hid nothing: the first thing that stood in its way.
std::string why_idle(const Rule& rule, const Explanation& found, const RuleSet& rules) {
  if (!rule.endpoint.matches(found.endpoint)) return "is for " + rule.endpoint.text() + ", not for " + found.endpoint;
  if (rule.action == RuleAction::key) return "says how an array aligns and hides nothing itself";
  const Divergence* there = nullptr;
  const Divergence* hidden_before = nullptr;
  for (const Divergence& each : found.divergences) {
    if (!at_its_location(rule, each)) continue;
    if (rule.expired && rule.covers(each)) return "expired " + rule.expires + "; it would cover " + each.location;
    (rule.covers(each) ? hidden_before : there) = &each;
  }
  if (rule.expired) return "expired " + rule.expires;
  if (hidden_before != nullptr) {
    const auto before = default_of_rule(hidden_before->rule);
    return hidden_before->location + " is decided already by " +
           (before ? "default: " + std::string(kDefaultRules.at(*before).header)
                   : "the rule in line " +
                         std::to_string(rules.rules()[static_cast<std::size_t>(hidden_before->rule)].line));
  }
  if (there == nullptr) return "nothing differs at " + rule.location.text();
  return there->location + " differs in a way it does not cover: " + std::string(to_string(there->kind)) + " " +
         there->transition;
}

std::string decided_by(const Divergence& d, const RuleSet& rules, const std::string& file) {
  if (d.disposition == Disposition::open) return "not hidden";
  if (const auto at = default_of_rule(d.rule)) {
    const DefaultRule& rule = kDefaultRules.at(*at);
    return "hidden by default: " + std::string(rule.header) + " (" + std::string(rule.reason) + ")";
  }
  const Rule& rule = rules.rules()[static_cast<std::size_t>(d.rule)];
  return (d.disposition == Disposition::accepted ? "accepted by " : "hidden by ") + file + ":" +
         std::to_string(rule.line) + " " + rule.text + " (" + rule.reason + ")" +
         (rule.expires.empty() ? "" : ", expires " + rule.expires);
}

std::string value_text(const std::optional<std::string>& value) {
  constexpr std::size_t kMost = 160;
  if (!value) return "absent";
  if (value->size() <= kMost) return shown_text(*value);
  return shown_text(utf8_whole(std::string_view(*value).substr(0, kMost))) + "…";
}

void write_rule(JsonWriter& json, const RuleSet& rules, std::int32_t index) {
  json.begin_object();
  if (const auto at = default_of_rule(index)) {
    json.key("rule").text("default: " + std::string(kDefaultRules.at(*at).header));
    json.key("reason").text(kDefaultRules.at(*at).reason);
  } else {
    const Rule& rule = rules.rules()[static_cast<std::size_t>(index)];
    json.key("rule").text(rule.text).key("line").number(rule.line).key("reason").text(rule.reason);
    if (!rule.expires.empty()) json.key("expires").text(rule.expires);
  }
  json.end_object();
}

}  // namespace

Explanation explain(RuleExample example, const std::shared_ptr<const RuleSet>& rules) {
  Comparison& comparison = example.comparison;
  Explanation out;
  out.endpoint = comparison.endpoint;
  out.given = example.divergences_given;
  out.has_control = !out.given && comparison.control;
  if (out.given) {
    apply_rules(comparison.candidate_divergences, *rules, comparison.endpoint);
  } else {
    CompareOptions options;
    options.rules = rules;
    options.list_defaults = true;
    compare(comparison, options);
  }
  out.divergences = std::move(comparison.candidate_divergences);
  for (const Divergence& each : out.divergences) {
    out.control_shows.push_back(std::any_of(comparison.control_divergences.begin(),
                                            comparison.control_divergences.end(), [&](const Divergence& other) {
                                              return other.generalized == each.generalized && other.kind == each.kind &&
                                                     other.transition == each.transition;
                                            }));
  }
  for (std::size_t at = 0; at < rules->rules().size(); ++at) {
    const auto used = [&](const Divergence& d) { return d.rule == static_cast<std::int32_t>(at); };
    if (std::any_of(out.divergences.begin(), out.divergences.end(), used)) continue;
    out.idle.push_back({at, why_idle(rules->rules()[at], out, *rules)});
  }
  return out;
}

std::string explanations_as_text(const std::vector<Explanation>& all, const RuleSet& rules, const std::string& file) {
  std::string out;
  for (const Explanation& each : all) {
    out += (out.empty() ? "" : "\n") + shown_text(each.endpoint) + "\n";
    if (each.given) out += "  (divergences as the example has them; its responses are not there, or cut)\n";
    if (each.divergences.empty()) out += "  nothing differs\n";
    for (std::size_t at = 0; at < each.divergences.size(); ++at) {
      const Divergence& d = each.divergences[at];
      out +=
          "  " + shown_text(d.location) + "  " + std::string(to_string(d.kind)) + " " + shown_text(d.transition) + "\n";
      out += "      " + value_text(d.stable) + " → " + value_text(d.arm) + "\n";
      if (d.repeated > 0) {
        out += "      the same renaming at " + std::to_string(d.repeated) +
               (d.repeated == 1 ? " more place\n" : " more places\n");
      }
      if (each.control_shows[at]) out += "      control shows it as well\n";
      out += "      " + shown_text(decided_by(d, rules, file)) + "\n";
    }
    for (std::size_t at = 0; at < each.idle.size(); ++at) {
      const Rule& rule = rules.rules()[each.idle[at].rule];
      if (at == 0) out += "  rules that hid nothing\n";
      out += "    " + shown_text(file + ":" + std::to_string(rule.line) + " " + rule.text) + "\n      " +
             shown_text(each.idle[at].why) + "\n";
    }
  }
  return out;
}

std::string explanations_as_json(const std::vector<Explanation>& all, const RuleSet& rules) {
  JsonWriter json;
  json.begin_object().key("examples").begin_array();
  for (const Explanation& each : all) {
    json.line().begin_object().key("endpoint").text(each.endpoint).key("divergences").begin_array();
    for (std::size_t at = 0; at < each.divergences.size(); ++at) {
      const Divergence& d = each.divergences[at];
      json.begin_object().key("divergence");
      write_divergence(json, d);
      if (each.has_control) json.key("control_shows").boolean(each.control_shows[at]);
      json.key("rule");
      if (d.disposition == Disposition::open) {
        json.null();
      } else {
        write_rule(json, rules, d.rule);
      }
      json.end_object();
    }
    json.end_array().key("idle").begin_array();
    for (const IdleRule& idle : each.idle) {
      json.begin_object().key("rule");
      write_rule(json, rules, static_cast<std::int32_t>(idle.rule));
      json.key("why").text(idle.why).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().line().end_object();
  return json.take() + "\n";
}

}  // namespace truemirror
