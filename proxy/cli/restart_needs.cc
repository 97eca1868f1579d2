#include "proxy/cli/restart_needs.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace truemirror {
namespace {

// Of a route, what the arms do waits; which requests are mirrored does not.
void keep_what_waits(std::vector<RouteConfig>& routes) {
  std::erase_if(
      routes, [](const RouteConfig& each) { return !each.timeout && each.candidate.empty() && each.control.empty(); });
  for (RouteConfig& each : routes) {
    each.methods.clear();
    each.sample.reset();
  }
}

// What it would be if all that can be reloaded were as in `other`.
YAML::Node without_what_reloads(ServeConfig config, const ServeConfig& other) {
  config.sample = other.sample;
  config.log.level = other.log.level;
  if (config.tls && other.tls) config.listen.tls = other.listen.tls;
  const std::pair<UpstreamTls&, const UpstreamTls&> upstreams[] = {{config.stable_tls, other.stable_tls},
                                                                   {config.candidate_tls, other.candidate_tls},
                                                                   {config.control_tls, other.control_tls}};
  for (const auto& [ours, theirs] : upstreams) {
    if (ours.loaded && theirs.loaded) ours.options = theirs.options;
  }
  keep_what_waits(config.routes);
  return YAML::Load(effective_config(config));
}

}  // namespace

std::vector<std::string> restart_needs(const ServeConfig& running, const ServeConfig& fresh) {
  const YAML::Node before = without_what_reloads(running, fresh);
  const YAML::Node after = without_what_reloads(fresh, fresh);
  std::vector<std::string> keys;
  for (const YAML::Node* side : {&before, &after}) {
    for (const auto& item : *side) {
      const auto key = item.first.as<std::string>();
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
  }
  std::erase_if(keys, [&](const std::string& key) { return YAML::Dump(before[key]) == YAML::Dump(after[key]); });
  return keys;
}

}  // namespace truemirror
