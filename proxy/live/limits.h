// What the live path allows, with the defaults of a proxy that stands before production, and a count for each time that
// a limit was hit. Plain values; a number of 0 is no limit, where off is allowed (cli/config_limits.h says where).
// ARCHITECTURE.md has the table: promise, limit, test.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace truemirror {

struct LiveLimits {
  using Duration = std::chrono::milliseconds;

  // Of one request.
  std::size_t head_bytes = 32u << 10;  // request line and fields together
  std::size_t header_count = 128;
  std::size_t target_bytes = 8u << 10;
  std::uint64_t body_bytes = 1u << 30;

  // Of one response of stable's.
  std::size_t response_head_bytes = 32u << 10;  // status line and fields together
  std::size_t response_header_count = 256;

  // Of connections, all threads together.
  std::size_t connections = 20'000;
  std::size_t connections_per_address = 0;  // an IPv4 address or an IPv6 /64
  std::size_t requests_per_connection = 10'000;
  std::size_t stable_connections = 0;       // to stable, over all threads
  std::size_t kept_connections = 8'192;     // to stable between requests, over all threads
  std::uint64_t buffer_bytes = 512u << 20;  // blocks that hold bytes under way, over all threads

  // Of a client's time.
  Duration header_timeout{10'000};  // from a head's first byte to its last; and from connecting to the first byte
  Duration body_timeout{30'000};    // without a byte of a body, or with none of a response taken
  Duration idle_timeout{75'000};    // a kept connection without a request
  Duration exchange_timeout{0};     // from a head's first byte to the end of the response
  std::size_t request_rate = 240;   // bytes a second of a request's body, while the client is waited for
  std::size_t response_rate = 240;  // bytes a second that a client takes, while it is waited for
  Duration rate_grace{30'000};      // how long a rate is measured, each time anew
  Duration handshake_timeout{10'000};
  std::size_t handshakes = 1'000;  // TLS handshakes under way at once, over all threads

  // Of stable's time.
  Duration connect_timeout{2'000};    // the name, the connection and the TLS handshake together
  Duration response_timeout{60'000};  // between two bytes
  Duration continue_timeout{1'000};   // for stable's 100 Continue; then the client is told to go on

  // Of a tunnel in which nothing moves.
  Duration tunnel_timeout{3'600'000};
};

// What is counted when it is hit. The names are those of the settings.
enum class Limit : std::uint8_t {
  head_bytes,
  header_count,
  target_bytes,
  body_bytes,
  response_head_bytes,
  response_header_count,
  connections,
  connections_per_address,
  requests_per_connection,
  stable_connections,
  buffer_bytes,
  header_timeout,
  body_timeout,
  idle_timeout,
  exchange_timeout,
  request_rate,
  response_rate,
  handshake_timeout,
  handshakes,
  connect_timeout,
  response_timeout,
  tunnel_timeout
};
inline constexpr std::array<std::string_view, 22> kLimitNames{"head_bytes",
                                                              "header_count",
                                                              "target_bytes",
                                                              "body_bytes",
                                                              "response_head_bytes",
                                                              "response_header_count",
                                                              "connections",
                                                              "connections_per_address",
                                                              "requests_per_connection",
                                                              "stable_connections",
                                                              "buffer_bytes",
                                                              "header_timeout",
                                                              "body_timeout",
                                                              "idle_timeout",
                                                              "exchange_timeout",
                                                              "request_rate",
                                                              "response_rate",
                                                              "handshake_timeout",
                                                              "handshakes",
                                                              "connect_timeout",
                                                              "response_timeout",
                                                              "tunnel_timeout"};
static_assert(kLimitNames.size() == static_cast<std::size_t>(Limit::tunnel_timeout) + 1);
inline constexpr std::size_t kLimits = kLimitNames.size();

// How many client connections a process may promise that may open so many descriptors: each has one to stable at worst,
// and the arms, the capture, the report and the admin server need some, too.
inline constexpr std::size_t kOtherDescriptors = 256;
[[nodiscard]] constexpr std::size_t connections_that_fit(const LiveLimits& limits, std::size_t descriptors) {
  const std::size_t left = descriptors > 2 * kOtherDescriptors ? descriptors - kOtherDescriptors : descriptors / 2;
  const std::size_t to_stable = limits.stable_connections;
  const std::size_t fit = to_stable != 0 && to_stable < left / 2 ? left - to_stable : left / 2;
  return fit < limits.connections ? fit : limits.connections;
}

// And how many connections to stable may be kept: what is left beside those to clients.
[[nodiscard]] constexpr std::size_t kept_that_fit(const LiveLimits& limits, std::size_t descriptors) {
  const std::size_t taken = limits.connections + kOtherDescriptors;
  const std::size_t fit = descriptors > taken ? descriptors - taken : 1;
  return fit < limits.kept_connections ? fit : limits.kept_connections;
}

// Whether a limit that may be off is passed.
[[nodiscard]] constexpr bool exceeds(std::uint64_t value, std::uint64_t limit) { return limit != 0 && value > limit; }
// One thread's part of what all of them may have together.
[[nodiscard]] constexpr std::uint64_t share_of(std::uint64_t limit, unsigned threads) {
  return limit == 0 ? 0 : (limit + threads - 1) / (threads == 0 ? 1 : threads);
}
// The same where the sum may not exceed the limit, which is as large as their number at least; of a smaller one each
// has 1.
[[nodiscard]] constexpr std::uint64_t exact_share_of(std::uint64_t limit, unsigned threads, unsigned index) {
  const std::uint64_t count = threads == 0 ? 1 : threads;
  if (limit == 0) return 0;
  return limit < count ? 1 : limit / count + (index < limit % count ? 1 : 0);
}

}  // namespace truemirror
