#include "proxy/upstream/tls.h"

#include <openssl/err.h>

namespace truemirror {
namespace {

// ECDSA first: a signature costs a tenth of RSA's. What has AES in hardware gets AES, what has not ChaCha20.
constexpr const char* kSuites12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kSuites13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr const char* kSignatures =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
    "RSA+SHA256:RSA+SHA384:RSA+SHA512";

}  // namespace

UniqueContext make_tls_context(const SSL_METHOD* method) {
  UniqueContext context(SSL_CTX_new(method));
  if (!context) return context;
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // One read takes a record, header and all, and what follows it.
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  const bool set = SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1 &&
                   SSL_CTX_set_cipher_list(raw, kSuites12) == 1 && SSL_CTX_set_ciphersuites(raw, kSuites13) == 1 &&
                   SSL_CTX_set1_groups_list(raw, kGroups) == 1 && SSL_CTX_set1_sigalgs_list(raw, kSignatures) == 1;
  if (!set) context.reset();
  return context;
}

std::string take_tls_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return code == 0 ? "no error" : reason != nullptr ? reason : "error " + std::to_string(code);
}

}  // namespace truemirror
