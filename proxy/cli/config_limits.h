// The limits of the live path as people write them: `listen: limits: {…}`, `--limit NAME=VALUE`, the help that lists
// them, and what `check` prints. One table of settings is behind all four.
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/problem.h"
#include "proxy/live/limits.h"

namespace YAML {
class Node;
}

namespace truemirror {

// Throws a ConfigComplaint (config_node.h).
void read_limits(const YAML::Node& node, LiveLimits& limits);
// `NAME=VALUE`; the problem says which name or value would be right.
[[nodiscard]] Result<void> apply_limit(std::string_view text, LiveLimits& limits);
// All of them, as read_limits() reads them.
[[nodiscard]] YAML::Node effective_limits(const LiveLimits& limits);
// A line for each: name, default, what it is.
[[nodiscard]] std::string limits_help();

}  // namespace truemirror
