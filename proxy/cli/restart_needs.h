// What a reload cannot bring into effect: listeners, upstreams, budgets and all else that is built at the start.
#pragma once

#include <string>
#include <vector>

#include "proxy/cli/config.h"

namespace truemirror {

// The configuration's keys whose change waits for a restart, in the order of the file; none: all of `fresh` that
// differs from what runs can take effect at once. Files that are named as before are taken for unchanged.
[[nodiscard]] std::vector<std::string> restart_needs(const ServeConfig& running, const ServeConfig& fresh);

}  // namespace truemirror
