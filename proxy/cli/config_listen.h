// The key `listen`: where clients come in, and on what terms. `HOST:PORT`, which is plain HTTP, or a map that says
// more.
#pragma once

#include <optional>
#include <string_view>

#include "proxy/live/limits.h"
#include "proxy/live/tls_server.h"
#include "proxy/upstream/url.h"

namespace YAML {
class Node;
}

namespace truemirror {

struct ListenConfig {
  std::optional<HostPort> http = HostPort{"127.0.0.1", 8080};  // none: no plain HTTP
  bool forward_connect = false;                                // `connect: forward`: stable is a forward proxy
  bool http_is_usual = true;                                   // nobody named it: it goes where https is named alone
  std::optional<HostPort> https;                               // none: no TLS
  TlsServerOptions tls;
  LiveLimits limits;
};

// The `HOST:PORT` of the key `what`; throws a ConfigComplaint (config_node.h), as read_listen() does.
[[nodiscard]] HostPort read_host_port(const YAML::Node& node, std::string_view what);
void read_listen(const YAML::Node& node, ListenConfig& listen);
// What is in effect, as read_listen() reads it.
[[nodiscard]] YAML::Node effective_listen(const ListenConfig& listen);

}  // namespace truemirror
