// What Host, an absolute-form target and CONNECT name: a host and perhaps a port.
#pragma once

#include <string_view>

namespace truemirror {

// uri-host [ ":" port ] (RFC 9110 §7.2, RFC 3986 §3.2.2), strictly: a registered name, an IPv4 address or an IPv6
// address in brackets; a port of up to five digits, 65535 at most. Not empty, no user, and no comma in a name, though
// RFC 3986 has one: whoever joins two Host fields makes one, and a list of hosts is no host.
[[nodiscard]] bool is_authority(std::string_view text);
// The same with a port, as CONNECT wants it.
[[nodiscard]] bool is_authority_with_port(std::string_view text);

}  // namespace truemirror
