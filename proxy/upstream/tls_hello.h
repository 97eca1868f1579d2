// Whether who listens at a port speaks TLS. A server of TLS says nothing before its client has, so something has to be
// said: the beginning of a handshake. It answers that with a record of its own, a ServerHello or an alert. A server of
// plain HTTP answers 400 to such a line, or waits for its end; no application sees a request, as it would with any that
// is well-formed.
#pragma once

#include <string_view>

namespace truemirror {

// A ClientHello of TLS 1.2 (RFC 5246 §7.4.1.2), whole.
[[nodiscard]] std::string_view client_hello();
// Whether the bytes that came back, two at least, begin a TLS record: of a handshake, or an alert (§6.2.1).
[[nodiscard]] bool is_tls_record(std::string_view bytes);

}  // namespace truemirror
