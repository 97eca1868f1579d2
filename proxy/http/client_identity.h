// The fields that tell stable whose certificate a client has shown. Only the proxy says so: what clients send under
// these names is removed from every request, on every listener.
#pragma once

#include <string_view>

#include "proxy/http/known_header.h"

namespace truemirror {

inline constexpr std::string_view kClientSubject = "X-Client-Subject";            // RFC 2253
inline constexpr std::string_view kClientCertificate = "Client-Cert";             // RFC 9440 §2.2
inline constexpr std::string_view kClientCertificateChain = "Client-Cert-Chain";  // RFC 9440 §2.3; never sent by us

// Whether a field of that name (a token) claims an identity; also with `_` for `-`, which CGI and its heirs take for
// the same.
[[nodiscard]] inline bool claims_identity(std::string_view name) noexcept {
  return known_header(name) == KnownHeader::client_identity;
}

}  // namespace truemirror
