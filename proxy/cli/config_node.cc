#include "proxy/cli/config_node.h"

#include <algorithm>

#include "proxy/http/nearest.h"

namespace truemirror {
namespace {

[[noreturn]] void complain_unknown(const YAML::Node& at, std::string_view what, const std::vector<ConfigKey>& keys) {
  std::vector<std::string> names;
  for (const ConfigKey& key : keys) names.push_back(key.name);
  const std::string name = at.IsScalar() ? at.Scalar() : "";
  config_complain(at, "'" + name + "' is no key of " + std::string(what) + what_would_be_right(name, names));
}

}  // namespace

void config_complain(const YAML::Node& at, std::string text) { throw ConfigComplaint{at.Mark(), std::move(text)}; }

void read_config_map(const YAML::Node& node, std::string_view what, const std::vector<ConfigKey>& keys) {
  if (!node.IsMap()) config_complain(node, std::string(what) + " takes keys: write '" + keys[0].name + ": …' below it");
  std::vector<std::string> seen;
  for (const auto& entry : node) {
    const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& each) { return each.name == name; });
    if (key == keys.end()) complain_unknown(entry.first, what, keys);
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      config_complain(entry.first, "'" + name + "' is given twice; keep one");
    }
    seen.push_back(name);
    key->read(entry.second);
  }
}

std::string config_scalar(const YAML::Node& node, std::string_view what, std::string_view example) {
  if (!node.IsScalar() || node.Scalar().empty()) {
    config_complain(node, std::string(what) + " takes one value, such as " + std::string(example));
  }
  if (node.Scalar().find('\0') != std::string::npos) config_complain(node, std::string(what) + " holds a NUL byte");
  return node.Scalar();
}

std::vector<std::string> config_list(const YAML::Node& node, std::string_view what, std::string_view example) {
  if (node.IsScalar()) return {config_scalar(node, what, example)};
  if (!node.IsSequence())
    config_complain(node, std::string(what) + " takes a list, such as [" + std::string(example) + "]");
  std::vector<std::string> out;
  for (const auto& item : node) out.push_back(config_scalar(item, what, example));
  return out;
}

}  // namespace truemirror
