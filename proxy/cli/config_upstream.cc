#include "proxy/cli/config_upstream.h"

#include "proxy/cli/config_node.h"
#include "proxy/cli/values.h"

namespace truemirror {
namespace {

Result<std::chrono::milliseconds> parse_keep_alive(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  return parse_duration(text);
}

}  // namespace

void read_upstream(const YAML::Node& node, std::string_view what, TlsClientOptions& tls, KeepAliveSetting& keep_alive,
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
       {"keep_alive", [&](const auto& n) { keep_alive = config_value(n, "keep_alive", "5s or 0", parse_keep_alive); }},
       {"ca", [&](const auto& n) { tls.ca = config_scalar(n, "ca", "ca.pem"); }},
       {"certificate", [&](const auto& n) { tls.certificate = config_scalar(n, "certificate", "proxy.pem"); }},
       {"key", [&](const auto& n) { tls.key = config_scalar(n, "key", "proxy.key"); }},
       {"server_name", [&](const auto& n) { tls.server_name = config_scalar(n, "server_name", "orders.internal"); }}});
  if (!named) config_complain(node, std::string(what) + " needs 'url: https://HOST:PORT'");
  if (tls.certificate.empty() != tls.key.empty())
    config_complain(node, std::string(what) + ": certificate and key go together; name both files");
}

YAML::Node effective_upstream(const std::string& url, const TlsClientOptions& tls, const KeepAliveSetting& keep_alive) {
  if (tls.usual() && !keep_alive) return YAML::Node(url);
  YAML::Node node;
  node["url"] = url;
  if (keep_alive) node["keep_alive"] = keep_alive->count() == 0 ? "0" : format_duration(*keep_alive);
  if (!tls.ca.empty()) node["ca"] = tls.ca.string();
  if (!tls.certificate.empty()) node["certificate"] = tls.certificate.string();
  if (!tls.key.empty()) node["key"] = tls.key.string();
  if (!tls.server_name.empty()) node["server_name"] = tls.server_name;
  return node;
}

}  // namespace truemirror
