#include "proxy/cli/config_listen.h"

#include <yaml-cpp/yaml.h>

#include "proxy/cli/config_limits.h"
#include "proxy/cli/config_node.h"
#include "proxy/cli/config_tls.h"

namespace truemirror {
namespace {

// Refused by default: a reverse proxy that opened tunnels would open them to whatever stable can reach.
bool read_connect(const YAML::Node& node) {
  return config_value(node, "connect", "refuse", [](std::string_view text) -> Result<bool> {
    if (text == "refuse") return false;
    if (text == "forward") return true;
    return Problem{"give 'refuse' (CONNECT gets 501) or 'forward' (stable is a forward proxy and decides)"};
  });
}

}  // namespace

HostPort read_host_port(const YAML::Node& node, std::string_view what) {
  return config_value(node, what, "127.0.0.1:8080", parse_host_port);
}

void read_listen(const YAML::Node& node, ListenConfig& listen) {
  const auto http = [&](const YAML::Node& n) {
    listen.http = read_host_port(n, "listen");
    listen.http_is_usual = false;
  };
  if (node.IsScalar()) return http(node);
  read_config_map(node, "listen",
                  {{"http", http},
                   {"connect", [&](const auto& n) { listen.forward_connect = read_connect(n); }},
                   {"https", [&](const auto& n) { listen.https = read_host_port(n, "https"); }},
                   {"tls", [&](const auto& n) { read_tls(n, listen.tls); }},
                   {"limits", [&](const auto& n) { read_limits(n, listen.limits); }}});
  if (listen.https && listen.http_is_usual) listen.http.reset();
}

YAML::Node effective_listen(const ListenConfig& listen) {
  YAML::Node node(YAML::NodeType::Map);
  if (listen.http) node["http"] = to_string(*listen.http);
  if (listen.https) node["https"] = to_string(*listen.https);
  if (!listen.tls.certificates.empty()) node["tls"] = effective_tls(listen.tls);
  node["connect"] = listen.forward_connect ? "forward" : "refuse";
  node["limits"] = effective_limits(listen.limits);
  return node;
}

}  // namespace truemirror
