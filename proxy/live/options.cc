#include "proxy/live/options.h"

#include <algorithm>

namespace truemirror {

LiveStats& LiveStats::operator+=(const LiveStats& other) {
  requests += other.requests;
  connections += other.connections;
  open_connections += other.open_connections;
  bytes_to_clients += other.bytes_to_clients;
  bytes_from_clients += other.bytes_from_clients;
  bad_requests += other.bad_requests;
  client_aborts += other.client_aborts;
  stable_errors += other.stable_errors;
  stable_answers += other.stable_answers;
  retries += other.retries;
  accept_errors += other.accept_errors;
  marked += other.marked;
  loops += other.loops;
  tunnels += other.tunnels;
  open_tunnels += other.open_tunnels;
  http2_clients += other.http2_clients;
  tls_clients += other.tls_clients;
  for (std::size_t at = 0; at < responses.size(); ++at) responses[at] += other.responses[at];
  for (std::size_t at = 0; at < kLimits; ++at) limit_hits.at(at) += other.limit_hits.at(at);
  full_handshakes += other.full_handshakes;
  resumed_handshakes += other.resumed_handshakes;
  for (std::size_t at = 0; at < kHandshakeFailures; ++at) failed_handshakes.at(at) += other.failed_handshakes.at(at);
  return *this;
}

LiveStats LiveCounters::read() const {
  LiveStats stats;
  stats.requests = requests.get();
  stats.connections = connections.get();
  stats.open_connections = open_connections.get();
  stats.bytes_to_clients = bytes_to_clients.get();
  stats.bytes_from_clients = bytes_from_clients.get();
  stats.bad_requests = bad_requests.get();
  stats.client_aborts = client_aborts.get();
  stats.stable_errors = stable_errors.get();
  stats.stable_answers = stable_answers.get();
  stats.retries = retries.get();
  stats.accept_errors = accept_errors.get();
  stats.marked = marked.get();
  stats.loops = loops.get();
  stats.tunnels = tunnels.get();
  stats.open_tunnels = open_tunnels.get();
  stats.http2_clients = http2_clients.get();
  stats.tls_clients = tls_clients.get();
  // A status above 599 is one of 5xx to whoever does not know it (RFC 9110 §15).
  for (std::size_t at = 0; at < responses.size(); ++at)
    stats.responses[std::min<std::size_t>(at, 5)] += responses[at].get();
  for (std::size_t at = 0; at < kLimits; ++at) stats.limit_hits.at(at) = limit_hits.at(at).get();
  stats.full_handshakes = full_handshakes.get();
  stats.resumed_handshakes = resumed_handshakes.get();
  for (std::size_t at = 0; at < kHandshakeFailures; ++at)
    stats.failed_handshakes.at(at) = failed_handshakes.at(at).get();
  return stats;
}

}  // namespace truemirror
