#include "diff/stats/policy.h"

#include <algorithm>

namespace truemirror {

bool pattern_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;  // let the last star take one byte more
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

namespace {
bool any_matches(const std::vector<std::string>& patterns, std::string_view endpoint) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [endpoint](const std::string& pattern) { return pattern_matches(pattern, endpoint); });
}
}  // namespace

bool Policy::is_excluded(std::string_view endpoint) const { return any_matches(excluded, endpoint); }
bool Policy::is_critical(std::string_view endpoint) const { return any_matches(critical, endpoint); }

const LatencyBudget& Policy::budget_of(std::string_view endpoint) const {
  const auto own =
      std::find_if(endpoint_budgets.begin(), endpoint_budgets.end(),
                   [endpoint](const EndpointBudget& each) { return pattern_matches(each.endpoint, endpoint); });
  return own == endpoint_budgets.end() ? budget : own->budget;
}

}  // namespace truemirror
