// What rules make of an example: which rule hid which divergence, and why the others did nothing. Pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "diff/rules.h"
#include "proxy/cli/example_file.h"

namespace truemirror {

struct IdleRule {
  std::size_t rule;  // its index
  std::string why;
};

struct Explanation {
  std::string endpoint;
  std::vector<Divergence> divergences;  // of the candidate, in the order found
  std::vector<bool> control_shows;      // beside each: control differs there as well, in the same way
  bool has_control = false;
  bool given = false;  // taken as the example says them, not found anew
  std::vector<IdleRule> idle;
};

[[nodiscard]] Explanation explain(RuleExample example, const std::shared_ptr<const RuleSet>& rules);

// `file` is what the rules are called.
[[nodiscard]] std::string explanations_as_text(const std::vector<Explanation>& all, const RuleSet& rules,
                                               const std::string& file);
[[nodiscard]] std::string explanations_as_json(const std::vector<Explanation>& all, const RuleSet& rules);

}  // namespace truemirror
