// The `routes` of a configuration file: which requests are mirrored how, and what changes in the copies.
#pragma once

#include <yaml-cpp/yaml.h>

#include <vector>

#include "proxy/cli/config.h"

namespace truemirror {

// Throws ConfigComplaint.
[[nodiscard]] std::vector<RouteConfig> read_routes(const YAML::Node& node);

}  // namespace truemirror
