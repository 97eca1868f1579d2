#include "proxy/http/authority.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace truemirror {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_name_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~!$&'()*+;=").find(c) != std::string_view::npos;
}

bool is_name(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_name_byte(text[at])) continue;
    if (text[at] != '%' || text.size() - at < 3 || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
    at += 2;
  }
  return !text.empty();
}

bool is_ipv6(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.empty() || text.size() >= copy.size() || text.find('\0') != std::string_view::npos) return false;
  std::copy(text.begin(), text.end(), copy.begin());
  in6_addr address{};
  return ::inet_pton(AF_INET6, copy.data(), &address) == 1;
}

bool is_port(std::string_view text) {
  if (text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  int port = 0;
  for (char c : text) port = port * 10 + (c - '0');
  return port <= 65535;
}

// What follows the host: the port with its colon. Nothing where `text` does not begin with a host.
bool split(std::string_view text, std::string_view& after) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    after = text.substr(end + 1);
    return is_ipv6(text.substr(1, end - 1));
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  after = text.substr(colon);
  return is_name(text.substr(0, colon));
}

}  // namespace

bool is_authority(std::string_view text) {
  std::string_view after;
  return split(text, after) && (after.empty() || (after[0] == ':' && is_port(after.substr(1))));
}

bool is_authority_with_port(std::string_view text) {
  std::string_view after;
  return split(text, after) && after.size() > 1 && after[0] == ':' && is_port(after.substr(1));
}

}  // namespace truemirror
