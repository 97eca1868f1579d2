// The examples that `truemirror check --example` explains, as JSON: written by hand, or copied from a report (a whole
// one, a finding, an example) or from --comparisons. Problems name file, line and column, and the nearest key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diff/comparison.h"
#include "proxy/http/problem.h"

namespace truemirror {

struct RuleExample {
  Comparison comparison;  // with its endpoint
  // The divergences are given and not to be found anew: there are no responses, or their bodies are cut.
  bool divergences_given = false;
};

[[nodiscard]] Result<std::vector<RuleExample>> parse_examples(std::string_view json, std::string_view file_name);

}  // namespace truemirror
