#include "diff/comparison.h"

#include <algorithm>
#include <array>

namespace truemirror {
namespace {

constexpr std::array<std::string_view, 9> kKinds{"status",    "missing", "added",     "type",     "value",
                                                 "reordered", "bytes",   "malformed", "arm_error"};

}  // namespace

std::string_view to_string(Kind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }

bool Comparison::divergent() const {
  return std::any_of(candidate_divergences.begin(), candidate_divergences.end(),
                     [](const Divergence& d) { return d.disposition == Disposition::open; });
}

}  // namespace truemirror
