// What the live path may be told, and what it counts. Plain values; configuration is parsed elsewhere (cli/config.h).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/head_scanner.h"
#include "proxy/http/pass_key.h"
#include "proxy/live/limits.h"
#include "proxy/live/tls_failure.h"
#include "proxy/upstream/pool.h"

namespace truemirror {

class TlsServer;

struct LiveOptions {
  struct Place {
    std::string host;
    std::uint16_t port = 0;  // 0: any free one
  };
  bool plain = true;  // whether clients may come in plain HTTP, at:
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 8080;      // 0: any free one
  Place https;                           // where clients come over TLS
  std::shared_ptr<const TlsServer> tls;  // null: nowhere
  unsigned threads = 1;
  PoolOptions stable;
  bool forward_connect = false;        // CONNECT goes to stable, which is a forward proxy then; else it is refused
  std::string pseudonym;               // ours in Via; empty: Via is not added to
  PassKey passes = PassKey::random();  // by which a loop is known
  LiveLimits limits;
  std::size_t copy_limit = 1u << 20;                 // of one sampled body, bytes; beyond it length and hash
  std::chrono::milliseconds sample_timeout{30'000};  // a live response longer than this is no sample
};

// Counters of one live thread: one writer, any reader; summed by who asks.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void sub(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct LiveStats {
  std::uint64_t requests = 0, connections = 0, open_connections = 0, bytes_to_clients = 0, bytes_from_clients = 0;
  std::uint64_t bad_requests = 0, client_aborts = 0, stable_errors = 0, retries = 0, accept_errors = 0, marked = 0;
  std::uint64_t stable_answers = 0;  // final heads of stable's that no tunnel began with
  std::uint64_t loops = 0, tunnels = 0, open_tunnels = 0;
  std::uint64_t http2_clients = 0, tls_clients = 0;  // that spoke so to a listener of plain HTTP/1.1
  std::array<std::uint64_t, 6> responses{};  // by the first digit of the status; [0] is none, [5] is 5xx and above
  std::uint64_t full_handshakes = 0, resumed_handshakes = 0;
  std::array<std::uint64_t, kHandshakeFailures> failed_handshakes{};  // by HandshakeFailure
  std::array<std::uint64_t, kLimits> limit_hits{};                    // by Limit

  [[nodiscard]] std::uint64_t hits(Limit limit) const { return limit_hits.at(static_cast<std::size_t>(limit)); }

  LiveStats& operator+=(const LiveStats& other);
};

struct alignas(64) LiveCounters {
  Counter requests, connections, open_connections, bytes_to_clients, bytes_from_clients;
  Counter bad_requests, client_aborts, stable_errors, retries, accept_errors, marked;
  Counter stable_answers;
  Counter loops, tunnels, open_tunnels;
  Counter http2_clients, tls_clients;
  std::array<Counter, 10> responses;  // by the first digit of the status
  std::array<Counter, kLimits> limit_hits;
  Counter full_handshakes, resumed_handshakes;
  std::array<Counter, kHandshakeFailures> failed_handshakes;

  // Where it is one of the limits of a head that a response was refused for.
  void hit_by_response(HeadError error) {
    if (error == HeadError::head_too_large) hit(Limit::response_head_bytes);
    if (error == HeadError::too_many_fields) hit(Limit::response_header_count);
  }
  void hit(Limit limit) { limit_hits.at(static_cast<std::size_t>(limit)).add(); }
  [[nodiscard]] LiveStats read() const;
};

}  // namespace truemirror
