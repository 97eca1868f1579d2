// The key `listen.tls`, and the flags --certificate and --key: certificates, and who must show one. What is loaded from
// the files is TlsServer's business (proxy/live/tls_server.h).
#pragma once

#include <yaml-cpp/yaml.h>

#include "proxy/live/tls_server.h"

namespace truemirror {

// Throws a ConfigComplaint (config_node.h).
void read_tls(const YAML::Node& node, TlsServerOptions& tls);
// What is in effect, as read_tls() reads it.
[[nodiscard]] YAML::Node effective_tls(const TlsServerOptions& tls);

}  // namespace truemirror
