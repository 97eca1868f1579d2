// Where connections to an upstream end: what its name resolves to now. For a start that has to tell two names of one
// server apart; for threads that may wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "proxy/upstream/url.h"

namespace truemirror {

struct Destination {
  std::string host;        // an address in numbers; or the path of a unix socket, its links followed
  std::uint16_t port = 0;  // 0: a unix socket
  bool operator==(const Destination&) const = default;
};
// "127.0.0.1:8080", "[2001:db8::1]:8080", "unix:/run/app.sock".
[[nodiscard]] std::string to_string(const Destination& at);

// The destination of an address in numbers, none of a name. One machine has several spellings: an IPv4 address inside
// IPv6 is that address, and the unspecified ones and ::1 are 127.0.0.1, where connections to them end.
[[nodiscard]] std::vector<Destination> destination_of(const std::string& host, std::uint16_t port);

// All destinations of each URL, in their order; none of a name that cannot be resolved, or not within `limit`, which is
// for all of them together.
[[nodiscard]] std::vector<std::vector<Destination>> destinations(std::span<const UpstreamUrl> urls,
                                                                 std::chrono::milliseconds limit);

// Whether it is an address of this machine.
[[nodiscard]] bool is_local(const Destination& at);

}  // namespace truemirror
