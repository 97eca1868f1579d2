// Reads a rules file (diff/RULES.md) and writes new rules into one. Every complaint names file, line and column, and
// the nearest key that would have been right. yaml-cpp throws; nothing thrown leaves this file.
#include <re2/re2.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include "diff/one_document.h"
#include "diff/rules.h"
#include "diff/timestamp.h"
#include "proxy/http/canonical_path.h"
#include "proxy/http/nearest.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

constexpr std::array<std::string_view, 4> kTopKeys{"version", "defaults", "protobuf", "rules"};
constexpr std::array<std::string_view, 2> kProtobufKeys{"descriptors", "messages"};
constexpr std::array<std::string_view, 2> kMessageKeys{"endpoint", "response"};
constexpr std::array<std::string_view, 11> kRuleKeys{"where",  "ignore",    "type_only", "unordered",
                                                     "key",    "tolerance", "replace",   "time_within",
                                                     "accept", "reason",    "expires"};
constexpr std::array<std::string_view, 2> kWhereKeys{"endpoint", "location"};
constexpr std::array<std::string_view, 4> kRoots{"status", "header", "trailer", "body"};  // of locations
constexpr std::array<std::string_view, 2> kToleranceKeys{"abs", "rel"};
constexpr std::array<std::string_view, 2> kReplaceKeys{"regex", "with"};
constexpr std::array<std::string_view, 3> kAcceptKeys{"kind", "from", "to"};
constexpr std::array<std::string_view, 9> kKindNames{"status",    "missing", "added",     "type",     "value",
                                                     "reordered", "bytes",   "malformed", "arm_error"};

// Thrown and caught within this file only.
struct Complaint {
  YAML::Mark mark;
  std::string text;
};

[[noreturn]] void complain(const YAML::Node& at, std::string text) { throw Complaint{at.Mark(), std::move(text)}; }

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

// "; did you mean 'ignore'?", or all that there are.
std::string instead_of(std::string_view word, std::span<const std::string_view> known) {
  return what_would_be_right(word, std::vector<std::string>(known.begin(), known.end()));
}

std::string scalar(const YAML::Node& node, std::string_view name) {
  if (!node.IsScalar()) complain(node, quoted(name) + " takes one value");
  return node.Scalar();
}

void check_keys(const YAML::Node& map, std::span<const std::string_view> known, std::string_view what) {
  if (!map.IsMap()) complain(map, std::string(what) + " has to be a map of keys and values");
  std::vector<std::string> seen;
  for (const auto& entry : map) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      complain(entry.first, "unknown key " + quoted(key) + " in " + std::string(what) + instead_of(key, known));
    }
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) complain(entry.first, quoted(key) + " is here twice");
    seen.push_back(key);
  }
}

bool boolean(const YAML::Node& node, std::string_view name) {
  const std::string text = scalar(node, name);
  if (text != "true" && text != "false") complain(node, quoted(name) + " is true or false, not " + quoted(text));
  return text == "true";
}

std::string not_negative(const YAML::Node& node, std::string_view name) {
  const std::string text = scalar(node, name);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value < 0) {
    complain(node, quoted(name) + " is a number from 0, not " + quoted(text));
  }
  return text;
}

// `5s`, `250ms`, `1.5h`.
Nanoseconds duration(const YAML::Node& node) {
  struct Unit {
    std::string_view name;
    double nanoseconds;
  };
  static constexpr std::array<Unit, 5> kUnits{{{"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}}};
  const std::string text = scalar(node, "time_within");
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto known = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == unit; });
  if (error != std::errc{} || known == kUnits.end() || !(value >= 0) || value * known->nanoseconds > 3e17) {
    complain(node, "'time_within' is a duration such as 5s, 250ms or 1h, not " + quoted(text));
  }
  return Nanoseconds{static_cast<std::int64_t>(value * known->nanoseconds)};
}

Kind kind(const YAML::Node& node) {
  const std::string text = scalar(node, "kind");
  for (std::size_t at = 0; at < kKindNames.size(); ++at) {
    if (kKindNames[at] == text) return static_cast<Kind>(at);
  }
  complain(node, "no kind is called " + quoted(text) + instead_of(text, kKindNames));
}

void read_flag(const YAML::Node& node, RuleAction action) {
  if (!boolean(node, to_string(action)))
    complain(node, quoted(to_string(action)) + " is true, or the rule is left out");
}

void read_tolerance(const YAML::Node& node, Rule& rule) {
  check_keys(node, kToleranceKeys, "tolerance");
  if (node.size() == 0) complain(node, "'tolerance' takes abs, rel or both");
  if (node["abs"]) rule.abs = not_negative(node["abs"], "abs");
  if (node["rel"]) rule.rel = not_negative(node["rel"], "rel");
}

void read_replace(const YAML::Node& node, Rule& rule) {
  check_keys(node, kReplaceKeys, "replace");
  if (!node["regex"]) complain(node, "'replace' takes a regex");
  RE2::Options options(RE2::Quiet);
  auto regex = std::make_shared<RE2>(scalar(node["regex"], "regex"), options);
  if (!regex->ok()) complain(node["regex"], "the regex does not compile: " + regex->error());
  if (node["with"]) rule.with = scalar(node["with"], "with");
  std::string error;
  if (!regex->CheckRewriteString(rule.with, &error)) complain(node["with"], "'with' does not fit the regex: " + error);
  rule.regex = std::move(regex);
}

void read_accept(const YAML::Node& node, Rule& rule) {
  check_keys(node, kAcceptKeys, "accept");
  if (node["kind"]) rule.kind = kind(node["kind"]);
  if (node["from"]) rule.from = scalar(node["from"], "from");
  if (node["to"]) rule.to = scalar(node["to"], "to");
}

void read_action(const YAML::Node& node, RuleAction action, Rule& rule) {
  switch (action) {
    case RuleAction::ignore:
    case RuleAction::type_only:
    case RuleAction::unordered:
      return read_flag(node, action);
    case RuleAction::key:
      rule.key = scalar(node, "key");
      return;
    case RuleAction::tolerance:
      return read_tolerance(node, rule);
    case RuleAction::replace:
      return read_replace(node, rule);
    case RuleAction::time_within:
      rule.within = duration(node);
      return;
    case RuleAction::accept:
      return read_accept(node, rule);
  }
}

Pattern endpoint_pattern(const YAML::Node& node) {
  const std::string endpoint = canonical_template(scalar(node, "endpoint"));
  return Pattern(endpoint.starts_with('/') ? "*" + endpoint : endpoint);
}

ProtobufNames read_protobuf(const YAML::Node& node) {
  check_keys(node, kProtobufKeys, "protobuf");
  ProtobufNames out;
  if (!node["descriptors"])
    complain(node, "'protobuf' needs 'descriptors: FILE', as protoc --descriptor_set_out writes it");
  out.descriptors = scalar(node["descriptors"], "descriptors");
  if (out.descriptors.empty()) complain(node["descriptors"], "'descriptors' names a file");
  const YAML::Node messages = node["messages"];
  if (!messages || messages.IsNull()) return out;
  if (!messages.IsSequence()) complain(messages, "'messages' is a list of '{endpoint: …, response: pkg.Message}'");
  for (const auto& message : messages) {
    check_keys(message, kMessageKeys, "a message");
    if (!message["endpoint"] || !message["response"]) complain(message, "a message needs 'endpoint' and 'response'");
    out.messages.push_back({endpoint_pattern(message["endpoint"]), scalar(message["response"], "response"),
                            static_cast<std::size_t>(message.Mark().line) + 1});
  }
  return out;
}

// A location that begins with none of the roots would never match.
Pattern location_pattern(const YAML::Node& node) {
  const std::string location = scalar(node, "location");
  const std::string root = location.substr(0, location.find('/'));
  if (root.find('*') == std::string::npos && std::find(kRoots.begin(), kRoots.end(), root) == kRoots.end()) {
    complain(node, "no location begins with " + quoted(root) + instead_of(root, kRoots));
  }
  return Pattern(location);
}

void read_where(const YAML::Node& node, Rule& rule) {
  check_keys(node, kWhereKeys, "where");
  if (node.size() == 0) complain(node, "'where' takes endpoint, location or both");
  if (node["endpoint"]) rule.endpoint = endpoint_pattern(node["endpoint"]);
  if (node["location"]) rule.location = location_pattern(node["location"]);
}

Rule read_rule(const YAML::Node& node, WallTime today) {
  check_keys(node, kRuleKeys, "a rule");
  if (!node["where"]) complain(node, "a rule needs 'where: {endpoint: …, location: …}'");
  Rule rule;
  rule.line = static_cast<std::size_t>(node.Mark().line) + 1;
  read_where(node["where"], rule);
  bool has_action = false;
  for (int at = 0; at <= static_cast<int>(RuleAction::accept); ++at) {
    const auto action = static_cast<RuleAction>(at);
    const YAML::Node value = node[std::string(to_string(action))];
    if (!value) continue;
    if (has_action) complain(value, "a rule has one action; this one already has " + quoted(to_string(rule.action)));
    has_action = true;
    rule.action = action;
    read_action(value, action, rule);
  }
  if (!has_action) {
    complain(node,
             "a rule needs an action: ignore, type_only, unordered, key, tolerance, replace, time_within or accept");
  }
  if (node["reason"]) rule.reason = scalar(node["reason"], "reason");
  if (rule.reason.find_first_not_of(" \t\n") == std::string::npos) {
    complain(node, "a rule needs a 'reason', for whoever reviews it");
  }
  if (const YAML::Node expires = node["expires"]) {
    const auto day = parse_iso_date(scalar(expires, "expires"));
    if (!day) complain(expires, "'expires' is a day such as 2026-12-31, not " + quoted(expires.Scalar()));
    rule.expires = expires.Scalar();
    rule.ends = *day + std::chrono::hours{24};
    rule.expired = today >= rule.ends;
  }
  rule.text = std::string(to_string(rule.action)) + " " + rule.location.text() + " at " + rule.endpoint.text();
  return rule;
}

std::string place(std::string_view file_name, const YAML::Mark& mark) {
  std::string out(file_name);
  if (mark.is_null()) return out + ": ";
  return out + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": ";
}

// Runs what may throw and makes a problem of it.
template <class Read>
auto guarded(std::string_view file_name, Read read) -> Result<decltype(read())> {
  try {
    return {boost::system::in_place_value, read()};
  } catch (const Complaint& complaint) {
    return {boost::system::in_place_error, place(file_name, complaint.mark) + complaint.text};
  } catch (const YAML::Exception& error) {
    return {boost::system::in_place_error, place(file_name, error.mark) + "not YAML: " + error.msg};
  }
}

std::string accept_item(std::string_view indent, std::string_view endpoint, const Divergence& d,
                        std::string_view reason) {
  constexpr std::string_view kArrow = "→";
  const std::string dash = std::string(indent) + "- ", pad = std::string(indent) + "  ";
  std::string ends;
  const std::size_t arrow = d.transition.find(kArrow);
  if (arrow != std::string::npos) {
    ends = ", from: " + json_quoted(d.transition.substr(0, arrow)) +
           ", to: " + json_quoted(d.transition.substr(arrow + kArrow.size()));
  } else {
    ends = (d.kind == Kind::missing ? ", from: " : ", to: ") + json_quoted(d.transition);
  }
  return dash + "where: {endpoint: " + json_quoted(endpoint) + ", location: " + json_quoted(d.generalized) + "}\n" +
         pad + "accept: {kind: " + std::string(to_string(d.kind)) + ends + "}\n" + pad +
         "reason: " + json_quoted(reason) + "\n";
}

// Where the next rule belongs: after the last one, in the same column. Throws where the list is written on one line.
struct Slot {
  std::size_t offset;
  std::string indent;
};

Slot slot_in(const std::string& text, const YAML::Node& root) {
  const YAML::Node rules = root["rules"];
  if (rules && rules.IsSequence() && rules.Style() == YAML::EmitterStyle::Flow) {
    complain(rules, "write the rules one below the other ('- where: …'), so that one can be added");
  }
  Slot slot{text.size(), "  "};
  if (!rules || rules.IsNull()) return slot;
  slot.indent = std::string(static_cast<std::size_t>(std::max(0, rules[0].Mark().column - 2)), ' ');
  for (const auto& entry : root) {
    const YAML::Mark mark = entry.first.Mark();
    if (mark.pos > rules.Mark().pos) slot.offset = std::min(slot.offset, static_cast<std::size_t>(mark.pos));
  }
  return slot;
}

std::string appended(std::string text, std::string_view endpoint, const Divergence& divergence,
                     std::string_view reason) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) text = "version: 1\nrules:\n";
  if (!text.ends_with('\n')) text += '\n';
  const YAML::Node root = YAML::Load(text);
  const Slot slot = slot_in(text, root);
  // Accepted before, whatever the reason was then.
  constexpr std::string_view kNoReason = "reason: \"\"\n";
  std::string same = accept_item(slot.indent, endpoint, divergence, "");
  same.resize(same.size() - kNoReason.size());
  if (text.find(same) != std::string::npos) return text;
  if (!root["rules"]) text += "rules:\n";
  text.insert(std::min(root["rules"] ? slot.offset : text.size(), text.size()),
              accept_item(slot.indent, endpoint, divergence, reason));
  return text;
}

}  // namespace

Result<std::shared_ptr<const RuleSet>> RuleSet::parse(std::string_view yaml, std::string_view file_name,
                                                      WallTime today) {
  return guarded(file_name, [&]() -> std::shared_ptr<const RuleSet> {
    const YAML::Node root = load_one_document(yaml);
    auto out = std::make_shared<RuleSet>();
    if (root.IsNull()) return out;
    check_keys(root, kTopKeys, "a rules file");
    if (!root["version"] || !root["version"].IsScalar() || root["version"].Scalar() != "1") {
      complain(root["version"] ? root["version"] : root, "a rules file begins with 'version: 1'");
    }
    if (root["defaults"]) out->defaults_ = boolean(root["defaults"], "defaults");
    if (root["protobuf"]) out->protobuf_ = read_protobuf(root["protobuf"]);
    const YAML::Node rules = root["rules"];
    if (!rules || rules.IsNull()) return out;
    if (!rules.IsSequence()) complain(rules, "'rules' is a list");
    for (const auto& rule : rules) out->rules_.push_back(read_rule(rule, today));
    return out;
  });
}

Result<std::string> append_accept_rule(std::string_view yaml, std::string_view file_name, std::string_view endpoint,
                                       const Divergence& divergence, std::string_view reason) {
  const auto before = RuleSet::parse(yaml, file_name, WallTime{});
  if (before.has_error()) return before.error();
  Result<std::string> out =
      guarded(file_name, [&] { return appended(std::string(yaml), endpoint, divergence, reason); });
  if (out.has_error()) return out;
  const auto after = RuleSet::parse(*out, file_name, WallTime{});
  if (after.has_error()) return after.error();
  // YAML has corners in which text at the end of a file says nothing (after a directive, say): better refused than
  // lost.
  if (*out != yaml && (*after)->rules().size() != (*before)->rules().size() + 1) {
    return Problem{std::string(file_name) +
                   ": a rule at its end would not be read; begin the file with `version: 1` and " +
                   "`rules:`, each on a line of its own"};
  }
  return out;
}

}  // namespace truemirror
