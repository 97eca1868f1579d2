// The field names that the proxy itself asks for, each looked up once, by the scanner: whoever works on a head switches
// on what was found there, and compares no names.
#pragma once

#include <cstdint>
#include <string_view>

namespace truemirror {

enum class KnownHeader : std::uint8_t {
  other,  // nobody here asks for it
  accept,
  authorization,
  cache_control,
  client_identity,  // any name of client_identity.h, also with `_` for `-`
  connection,
  content_encoding,
  content_length,
  content_range,
  content_type,
  cookie,
  date,
  expect,
  forwarded,
  framing_for_cgi,  // Content_Length, Transfer_Encoding: other fields, but not to what makes CGI variables of them
  host,
  http2_settings,
  keep_alive,
  max_forwards,
  proxy_connection,
  set_cookie,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  via,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
  x_truemirror_mark,
  x_truemirror_passed,
};
inline constexpr unsigned kKnownHeaders = static_cast<unsigned>(KnownHeader::x_truemirror_passed) + 1;

// `name` is a token (octets.h). Case does not count.
[[nodiscard]] KnownHeader known_header(std::string_view name) noexcept;

// Which of them a head has.
class KnownHeaders {
 public:
  constexpr void add(KnownHeader header) { bits_ |= bit(header); }
  constexpr void clear() { bits_ = 0; }
  [[nodiscard]] constexpr bool has(KnownHeader header) const { return (bits_ & bit(header)) != 0; }

 private:
  static_assert(kKnownHeaders <= 64);
  static constexpr std::uint64_t bit(KnownHeader header) { return std::uint64_t{1} << static_cast<unsigned>(header); }
  std::uint64_t bits_ = 0;
};

}  // namespace truemirror
