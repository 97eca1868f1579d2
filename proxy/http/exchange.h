// Requests and responses as values that outlive their connection: what is sampled, compared, captured and reported.
// The live path does not use them: it forwards spans of its read buffer (live/relay.h) and fills these from a copy.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/http/headers.h"

namespace truemirror {

using Nanoseconds = std::chrono::nanoseconds;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Nanoseconds>;

// The three upstreams. `candidate` and `control` are the shadow arms.
enum class Arm : std::uint8_t { stable, candidate, control };
[[nodiscard]] std::string_view to_string(Arm arm);

// Why an upstream gave no usable response. `garbage`: bytes that are no HTTP response; `too_large`: more than is
// drained.
enum class ArmError : std::uint8_t { none, refused, reset, timeout, tls, garbage, too_large };
[[nodiscard]] std::string_view to_string(ArmError error);
[[nodiscard]] std::optional<ArmError> arm_error_from(std::string_view name);

// A message body with its transfer framing removed and its content coding kept.
struct Body {
  std::string bytes;                  // the first bytes, up to the copy limit
  std::uint64_t length = 0;           // of the whole body
  std::optional<std::uint64_t> hash;  // XXH3-64 of the whole body, set where bytes are not all of it

  Body() = default;
  explicit Body(std::string all) : bytes(std::move(all)), length(bytes.size()) {}
  [[nodiscard]] bool truncated() const { return bytes.size() < length; }
};

// RFC 9110 §9.2.1, as far as such requests are mirrored without being asked for: GET, HEAD, OPTIONS.
[[nodiscard]] bool is_safe_method(std::string_view method);

struct Request {
  std::string method;
  std::string target;  // as received, normally origin-form
  Headers headers;     // end to end: hop-by-hop fields and the shadow mark are gone, Host is kept
  Body body;
};

// Nanoseconds since the request arrived at truemirror (its first byte read), on the monotonic clock.
struct Timing {
  Nanoseconds start{0};       // first byte of the request written to the upstream
  Nanoseconds first_byte{0};  // first byte of the response read
  Nanoseconds last_byte{0};   // last byte of the response read
  bool operator==(const Timing&) const = default;
};

struct Response {
  int status = 0;  // 0 where error is set and no head was read
  std::string reason;
  Headers headers;
  Body body;
  Headers trailers;
  ArmError error = ArmError::none;
  std::string error_detail;  // for people: "connect 127.0.0.1:9002: Connection refused"
  Timing timing;

  [[nodiscard]] bool ok() const { return error == ArmError::none; }
  // From the first byte of the request written to the last byte of the response read.
  [[nodiscard]] Nanoseconds latency() const { return timing.last_byte - timing.start; }
};

// The client's connection and the ordinal of the request on it: replay keeps the order of one connection's requests.
struct ConnectionOrdinal {
  std::uint64_t connection = 0;
  std::uint32_t ordinal = 0;
  bool operator==(const ConnectionOrdinal&) const = default;
};

}  // namespace truemirror
