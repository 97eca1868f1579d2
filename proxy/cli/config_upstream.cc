#include "proxy/cli/config_upstream.h"

#include "proxy/cli/config_node.h"

namespace truemirror {

void read_upstream(const YAML::Node& node, std::string_view what, TlsClientOptions& tls,
                   const std::function<void(const YAML::Node& url)>& read_url) {
  if (!node.IsMap()) return read_url(node);
  bool named = false;
  read_config_map(
      node, what,
      {{"url",
        [&](const auto& n) {
          named = true;
          read_url(n);
        }},
       {"ca", [&](const auto& n) { tls.ca = config_scalar(n, "ca", "ca.pem"); }},
       {"certificate", [&](const auto& n) { tls.certificate = config_scalar(n, "certificate", "proxy.pem"); }},
       {"key", [&](const auto& n) { tls.key = config_scalar(n, "key", "proxy.key"); }},
       {"server_name", [&](const auto& n) { tls.server_name = config_scalar(n, "server_name", "orders.internal"); }}});
  if (!named) config_complain(node, std::string(what) + " needs 'url: https://HOST:PORT'");
  if (tls.certificate.empty() != tls.key.empty())
    config_complain(node, std::string(what) + ": certificate and key go together; name both files");
}

YAML::Node effective_upstream(const std::string& url, const TlsClientOptions& tls) {
  if (tls.usual()) return YAML::Node(url);
  YAML::Node node;
  node["url"] = url;
  if (!tls.ca.empty()) node["ca"] = tls.ca.string();
  if (!tls.certificate.empty()) node["certificate"] = tls.certificate.string();
  if (!tls.key.empty()) node["key"] = tls.key.string();
  if (!tls.server_name.empty()) node["server_name"] = tls.server_name;
  return node;
}

}  // namespace truemirror
