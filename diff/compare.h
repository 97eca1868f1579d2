// The one entry to comparing: normalizes and diffs the responses of a comparison. Pure: no clock, no I/O, no global
// state; any number of threads may call it at once with the same options.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "diff/comparison.h"
#include "diff/rules.h"

namespace truemirror {

struct CompareOptions {
  std::shared_ptr<const RuleSet> rules;       // none: the default header rules of design.md §7.8 alone
  std::size_t max_decoded_bytes = 16u << 20;  // of a body after its content codings; a larger one is `malformed`
  std::size_t max_depth = 512;                // of JSON nesting, up to 1000
  std::size_t max_divergences = 1000;         // kept for one arm of one comparison, an eighth of them of one signature
  std::size_t align_budget = 1'000'000;       // element comparisons spent on aligning one document's arrays
  bool list_defaults = false;                 // also list, as hidden, what the default header rules leave out
};

// Sets divergences, defaults and why an arm was not compared from the messages and the endpoint (which
// rules look at: set it before); leaves the messages alone. Never throws on any input: what cannot be parsed is
// compared as bytes or is `malformed`.
void compare(Comparison& comparison, const CompareOptions& options);

// The same for one arm: D(stable, arm). `endpoint` is what the rules are matched with.
[[nodiscard]] std::vector<Divergence> diff_responses(const Request& request, const Response& stable,
                                                     const Response& arm, const CompareOptions& options,
                                                     std::string_view endpoint);

}  // namespace truemirror
