// The keys `stable`, `candidate` and `control`: a URL, or a map that also says how TLS is spoken there, and how long
// idle connections are kept.
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/upstream/tls_client.h"

namespace truemirror {

// None: what the upstream says, and what is learned from it; 0: no connection is kept.
using KeepAliveSetting = std::optional<std::chrono::milliseconds>;

// What the map says beside the URL; `what` is the key. Throws a ConfigComplaint (config_node.h). `read_url` takes the
// URL's node, which may be all there is.
void read_upstream(const YAML::Node& node, std::string_view what, TlsClientOptions& tls, KeepAliveSetting& keep_alive,
                   const std::function<void(const YAML::Node& url)>& read_url);
// What is in effect: the URL alone, or a map.
[[nodiscard]] YAML::Node effective_upstream(const std::string& url, const TlsClientOptions& tls,
                                            const KeepAliveSetting& keep_alive);

}  // namespace truemirror
