// Reads one YAML node as what a key takes, or throws a ConfigComplaint that says where, what, and what would be right.
// For the readers of the configuration file alone: parse_config() catches what is thrown here.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/problem.h"

namespace truemirror {

struct ConfigComplaint {
  YAML::Mark mark;
  std::string text;
};

[[noreturn]] void config_complain(const YAML::Node& at, std::string text);

// A key that a map may have, and what reads its value.
struct ConfigKey {
  std::string name;
  std::function<void(const YAML::Node& value)> read;
};
// Reads a map by its keys; an unknown key, or one given twice, is a complaint. `what` names the map: "capture".
void read_config_map(const YAML::Node& node, std::string_view what, const std::vector<ConfigKey>& keys);

// One value that is not empty. `what` names the key, `example` what would be right.
[[nodiscard]] std::string config_scalar(const YAML::Node& node, std::string_view what, std::string_view example);
// A list of such values; one alone counts as a list of one.
[[nodiscard]] std::vector<std::string> config_list(const YAML::Node& node, std::string_view what,
                                                   std::string_view example);

// The value that `parse` makes of a scalar; its problem becomes a complaint.
template <class Parse>
auto config_value(const YAML::Node& node, std::string_view what, std::string_view example, Parse parse) {
  auto value = parse(config_scalar(node, what, example));
  if (value.has_error()) config_complain(node, std::string(what) + ": " + value.error().text);
  return *std::move(value);
}

}  // namespace truemirror
