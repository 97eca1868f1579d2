// The `routes` of a configuration file: which requests are mirrored how, and what changes in the copies.
#pragma once

#include <yaml-cpp/yaml.h>

#include <vector>

#include "proxy/cli/config.h"

namespace truemirror {

// Throws ConfigComplaint. An entry `openapi: FILE` among the routes names endpoints and mirrors nothing differently.
[[nodiscard]] std::vector<RouteConfig> read_routes(const YAML::Node& node,
                                                   std::optional<std::filesystem::path>& openapi_file);

}  // namespace truemirror
