#include "proxy/live/tls_failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

namespace truemirror {

std::string_view to_string(HandshakeFailure failure) {
  constexpr std::array<std::string_view, kHandshakeFailures> kNames{
      "timeout",      "crowded_out",    "client_left",       "not_tls",
      "no_agreement", "no_certificate", "refused_by_client", "malformed"};
  return kNames.at(static_cast<std::size_t>(failure));
}

HandshakeFailure handshake_failure(const boost::system::error_code& error) {
  if (error.category() != boost::asio::error::get_ssl_category()) return HandshakeFailure::client_left;
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(static_cast<unsigned>(error.value())));
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return HandshakeFailure::not_tls;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return HandshakeFailure::no_certificate;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_APPLICATION_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_INAPPROPRIATE_FALLBACK:
      return HandshakeFailure::no_agreement;
    default:
      return reason >= SSL_AD_REASON_OFFSET ? HandshakeFailure::refused_by_client : HandshakeFailure::malformed;
  }
}

}  // namespace truemirror
