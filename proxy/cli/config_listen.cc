#include "proxy/cli/config_listen.h"

#include <yaml-cpp/yaml.h>

#include "proxy/cli/config_node.h"

namespace truemirror {

HostPort read_host_port(const YAML::Node& node, std::string_view what) {
  return config_value(node, what, "127.0.0.1:8080", parse_host_port);
}

void read_listen(const YAML::Node& node, ListenConfig& listen) {
  const auto http = [&](const YAML::Node& n) { listen.http = read_host_port(n, "listen"); };
  if (node.IsScalar()) return http(node);
  read_config_map(node, "listen", {{"http", http}});
}

YAML::Node effective_listen(const ListenConfig& listen) {
  YAML::Node node(YAML::NodeType::Map);
  if (listen.http) node["http"] = to_string(*listen.http);
  return node;
}

}  // namespace truemirror
