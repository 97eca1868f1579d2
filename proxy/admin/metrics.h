// The /metrics page (design.md §14): plain numbers in, Prometheus text out. Labels come from bounded sets alone:
// endpoints are capped at kMaxEndpointLabels, the rest is `(other)`; never a location, never a signature. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diff/report/report.h"
#include "proxy/sample/ledger.h"

namespace truemirror {

inline constexpr std::size_t kMaxEndpointLabels = 100;

struct MetricsInput {
  struct Live {
    std::uint64_t requests = 0, connections = 0, open_connections = 0, bytes_to_clients = 0, bytes_from_clients = 0;
    std::uint64_t bad_requests = 0, client_aborts = 0, stable_errors = 0, retries = 0, accept_errors = 0, marked = 0;
    std::uint64_t loops = 0, tunnels = 0, open_tunnels = 0;
    std::uint64_t http2_clients = 0, tls_clients = 0;           // on a listener of plain HTTP/1.1
    std::array<std::uint64_t, 6> responses{};                   // by the first digit of the status; [0] is none
    std::uint64_t full_handshakes = 0, resumed_handshakes = 0;  // TLS with clients
    std::vector<std::pair<std::string, std::uint64_t>> failed_handshakes{};  // by reason
    std::vector<std::pair<std::string_view, std::uint64_t>> limit_hits;      // by the limit's name, a literal
  };
  struct Capture {
    std::uint64_t exchanges = 0, bytes = 0, segments = 0;
    std::map<std::string, std::uint64_t> dropped;
  };
  // Something bounded that fills: `in_flight`, `compare`, `capture`.
  struct Queue {
    std::string name;
    std::uint64_t length = 0, limit = 0;
  };
  struct Arm {
    std::string name;           // candidate | control
    std::string breaker;        // closed | open
    std::uint64_t repeats = 0;  // requests that went out again after a kept connection was reset
  };

  std::string version;
  bool mirroring = true, ready = true;
  Live live;
  LedgerTotals ledger;
  std::uint64_t copy_bytes = 0, copy_bytes_limit = 0;  // of copies that live at once
  std::vector<Queue> queues;
  std::vector<Arm> upstreams;
  std::optional<Capture> capture;
  const Report* report = nullptr;  // endpoints, latency, verdict; left out where null
};

[[nodiscard]] std::string render_metrics(const MetricsInput& input);

}  // namespace truemirror
