// Why handshakes with clients fail, coarsely: for a counter's label and a log line.
#pragma once

#include <array>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <string_view>

namespace truemirror {

enum class HandshakeFailure : std::uint8_t {
  timeout,            // not done in time
  crowded_out,        // gave its place to another: too many were under way, and it had stood still
  client_left,        // closed or reset
  not_tls,            // plain HTTP
  no_agreement,       // no version, suite, group or protocol (ALPN) that both sides have
  no_certificate,     // none from a client that has to show one, or one that does not verify
  refused_by_client,  // an alert: it does not trust our certificate, mostly
  malformed           // anything else
};
inline constexpr std::size_t kHandshakeFailures = 8;

[[nodiscard]] std::string_view to_string(HandshakeFailure failure);
// Of what Stream::handshake() ended with.
[[nodiscard]] HandshakeFailure handshake_failure(const boost::system::error_code& error);

}  // namespace truemirror
