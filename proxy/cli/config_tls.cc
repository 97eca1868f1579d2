#include "proxy/cli/config_tls.h"

#include "proxy/cli/config_node.h"

namespace truemirror {
namespace {

using Certificate = TlsServerOptions::Certificate;
using Clients = TlsServerOptions::Clients;

// The keys of one certificate; `where` is what to complain of where one is missing.
std::vector<ConfigKey> certificate_keys(Certificate& out) {
  return {{"certificate", [&](const auto& n) { out.certificate = config_scalar(n, "certificate", "example.com.pem"); }},
          {"key", [&](const auto& n) { out.key = config_scalar(n, "key", "example.com.key"); }},
          {"ocsp", [&](const auto& n) { out.ocsp = config_scalar(n, "ocsp", "example.com.ocsp"); }}};
}

void check_pair(const YAML::Node& at, const Certificate& pair) {
  if (pair.certificate.empty()) config_complain(at, "a certificate is missing: write 'certificate: FILE'");
  if (pair.key.empty())
    config_complain(at, "the key of " + pair.certificate.string() + " is missing: write 'key: FILE'");
}

std::vector<Certificate> read_certificates(const YAML::Node& node) {
  if (!node.IsSequence() || node.size() == 0)
    config_complain(node, "certificates takes a list, such as [{ certificate: a.pem, key: a.key }]");
  std::vector<Certificate> out;
  for (const auto& item : node) {
    Certificate& one = out.emplace_back();
    read_config_map(item, "certificates", certificate_keys(one));
    check_pair(item, one);
  }
  return out;
}

Clients parse_clients(const YAML::Node& node) {
  const std::string text = config_scalar(node, "verify", "optional");
  if (text == "none") return Clients::none;
  if (text == "optional") return Clients::optional;
  if (text == "required") return Clients::required;
  config_complain(node, "verify: '" + text + "' is none of none, optional, required");
}

void read_clients(const YAML::Node& node, TlsServerOptions& tls) {
  read_config_map(node, "clients",
                  {{"verify", [&](const auto& n) { tls.clients = parse_clients(n); }},
                   {"ca", [&](const auto& n) { tls.client_ca = config_scalar(n, "ca", "clients-ca.pem"); }},
                   {"forward_certificate", [&](const auto& n) {
                      const std::string text = config_scalar(n, "forward_certificate", "true");
                      if (text != "true" && text != "false")
                        config_complain(n, "forward_certificate: '" + text + "' is neither true nor false");
                      tls.forward_certificate = text == "true";
                    }}});
  if (tls.clients != Clients::none && tls.client_ca.empty())
    config_complain(node, "clients' certificates are verified against a CA: write 'ca: FILE'");
  if (tls.clients == Clients::none && !tls.client_ca.empty())
    config_complain(node,
                    "ca is for clients' certificates, and none is asked for: write 'verify: optional' or 'required'");
}

}  // namespace

void read_tls(const YAML::Node& node, TlsServerOptions& tls) {
  Certificate only;
  std::vector<ConfigKey> keys = certificate_keys(only);
  keys.push_back({"certificates", [&](const auto& n) { tls.certificates = read_certificates(n); }});
  keys.push_back({"minimum", [&](const auto& n) {
                    const std::string text = config_scalar(n, "minimum", "1.2");
                    if (text != "1.2" && text != "1.3")
                      config_complain(n, "minimum: '" + text + "' is neither 1.2 nor 1.3");
                    tls.only_tls13 = text == "1.3";
                  }});
  keys.push_back({"clients", [&](const auto& n) { read_clients(n, tls); }});
  read_config_map(node, "tls", keys);
  const bool one = !only.certificate.empty() || !only.key.empty() || !only.ocsp.empty();
  if (one && !tls.certificates.empty())
    config_complain(node, "certificate and certificates are both there; keep the list");
  if (!one) return;
  check_pair(node, only);
  tls.certificates.push_back(std::move(only));
}

YAML::Node effective_tls(const TlsServerOptions& tls) {
  YAML::Node node(YAML::NodeType::Map);
  for (const Certificate& each : tls.certificates) {
    YAML::Node one;
    one["certificate"] = each.certificate.string();
    one["key"] = each.key.string();
    if (!each.ocsp.empty()) one["ocsp"] = each.ocsp.string();
    node["certificates"].push_back(one);
  }
  node["minimum"] = tls.only_tls13 ? "1.3" : "1.2";
  node["clients"]["verify"] = tls.clients == Clients::none       ? "none"
                              : tls.clients == Clients::optional ? "optional"
                                                                 : "required";
  if (!tls.client_ca.empty()) node["clients"]["ca"] = tls.client_ca.string();
  node["clients"]["forward_certificate"] = tls.forward_certificate;
  return node;
}

}  // namespace truemirror
