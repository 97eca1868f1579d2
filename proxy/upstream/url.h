// Where an upstream is: http://host:port, https://host:port or unix:/path. A value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/http/problem.h"

namespace truemirror {

struct UpstreamUrl {
  enum class Scheme : std::uint8_t { http, https, unix_socket };
  Scheme scheme = Scheme::http;
  std::string host;  // name or address, IPv6 without brackets
  std::uint16_t port = 80;
  std::string socket_path;  // of unix:/path
  std::string text;         // as given, for people

  // host:port as a Host field has it.
  [[nodiscard]] std::string authority() const;
  // Errors say what would be right: a missing scheme, a path or a query, user data, a port out of range.
  [[nodiscard]] static Result<UpstreamUrl> parse(std::string_view text);
};

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
// "127.0.0.1:8080", "[::1]:8080", ":8080" (all addresses).
[[nodiscard]] Result<HostPort> parse_host_port(std::string_view text);
// As parse_host_port() reads it.
[[nodiscard]] std::string to_string(const HostPort& at);

}  // namespace truemirror
