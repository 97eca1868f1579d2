// What people know about their service that no program can guess: which differences do not matter, and how arrays
// align. A reviewable YAML file, each rule with a reason; its format is in diff/RULES.md. A rule never deletes: what it
// hides or accepts stays in the list and is counted. Immutable once parsed, so any number of threads may read it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/comparison.h"
#include "diff/pattern.h"
#include "diff/protobuf_types.h"
#include "proxy/http/exchange.h"
#include "proxy/http/problem.h"

namespace re2 {
class RE2;
}

namespace truemirror {

enum class RuleAction : std::uint8_t { ignore, type_only, unordered, key, tolerance, replace, time_within, accept };
[[nodiscard]] std::string_view to_string(RuleAction action);

struct Rule {
  Pattern endpoint = Pattern::any();
  Pattern location = Pattern::any();
  RuleAction action = RuleAction::ignore;
  std::string key;                        // key: the field that identifies an element
  std::string abs, rel;                   // tolerance: either suffices; as written, empty where not given
  std::shared_ptr<const re2::RE2> regex;  // replace
  std::string with;                       // replace
  Nanoseconds within{0};                  // time_within
  std::optional<Kind> kind;               // accept: none accepts every kind
  std::optional<std::string> from, to;    // accept: the ends of the transition, none accepts all
  std::string text;                       // for people: "ignore body/meta/** at GET /orders/{id}"
  std::string reason;
  std::size_t line = 0;             // of the file, from 1
  std::string expires;              // the date as written; empty where it never does
  bool expired = false;             // past its date when the file was read: hides nothing any more
  WallTime ends = WallTime::max();  // from then on it hides nothing, though the run has begun before

  [[nodiscard]] bool in_force(WallTime at) const { return !expired && at < ends; }

  // Whether the rule, being in force at the endpoint, hides or accepts this divergence.
  [[nodiscard]] bool covers(const Divergence& divergence) const;
};

// Where the names of protobuf fields come from. A gRPC method says itself which message it answers; for other endpoints
// the first line that matches says it.
struct ProtobufNames {
  struct Line {
    Pattern endpoint = Pattern::any();
    std::string response;  // `shop.Order`
    std::size_t line = 0;  // of the file, from 1
  };
  std::string descriptors;  // a descriptor set's file, beside the rules file unless absolute; empty: none
  std::vector<Line> messages;
};

class RuleSet {
 public:
  // `file_name` leads the errors: "rules.yaml:4:7: unknown key 'regx'; did you mean 'regex'?". Rules whose `expires`
  // lies before `today` (UTC) are kept and marked expired.
  [[nodiscard]] static Result<std::shared_ptr<const RuleSet>> parse(std::string_view yaml, std::string_view file_name,
                                                                    WallTime today);

  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
  // Whether the default header rules (diff/headers.h) apply beside the rules of the file.
  [[nodiscard]] bool defaults() const { return defaults_; }

  [[nodiscard]] const ProtobufNames& protobuf() const { return protobuf_; }
  // The same rules with the descriptors that protobuf() asks for. Errors: a message that they do not declare.
  [[nodiscard]] Result<std::shared_ptr<const RuleSet>> with_types(std::shared_ptr<const ProtobufTypes> types,
                                                                  std::string_view file_name) const;
  // What a protobuf answer to this request holds; null where nobody says.
  [[nodiscard]] const ProtoMessage* answer_of(std::string_view endpoint, std::string_view target) const;

 private:
  std::vector<Rule> rules_;
  bool defaults_ = true;
  ProtobufNames protobuf_;
  std::shared_ptr<const ProtobufTypes> types_;
};

// The file with one more rule at its end: accepts what `divergence` shows, at that endpoint and generalized location,
// with that kind and transition. `yaml` may be empty: then a new file begins. Errors: the file does not parse.
[[nodiscard]] Result<std::string> append_accept_rule(std::string_view yaml, std::string_view file_name,
                                                     std::string_view endpoint, const Divergence& divergence,
                                                     std::string_view reason);

}  // namespace truemirror
