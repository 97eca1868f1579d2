#include "proxy/live/tls_server.h"

#include <openssl/err.h>
#include <openssl/sha.h>

#include <array>
#include <chrono>

#include "proxy/http/base64.h"
#include "proxy/http/client_identity.h"

namespace truemirror {
namespace {

constexpr std::string_view kProtocol = "\x08http/1.1";

// A client that speaks nothing of ours learns it here and not from an answer that it cannot read (RFC 7301 §3.2).
int on_protocols(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                 unsigned offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int outcome = SSL_select_next_proto(&chosen, size, reinterpret_cast<const unsigned char*>(kProtocol.data()),
                                            static_cast<unsigned>(kProtocol.size()), offered, offered_size);
  *out = chosen;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A session made with a client's certificate ends with it.
SSL_TICKET_RETURN on_ticket_opened(SSL*, SSL_SESSION* session, const unsigned char*, std::size_t,
                                   SSL_TICKET_STATUS status, void*) {
  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) return SSL_TICKET_RETURN_IGNORE_RENEW;
  const X509* client = SSL_SESSION_get0_peer(session);
  if (client != nullptr && X509_cmp_current_time(X509_get0_notAfter(client)) <= 0)
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

// Sessions resume only where clients are asked for the same: not those that were made before another CA was named.
Result<void> name_sessions(SSL_CTX* context, const TlsServerOptions& options) {
  std::string terms = std::to_string(static_cast<int>(options.clients));
  if (!options.client_ca.empty()) {
    const auto ca = read_tls_file(options.client_ca);
    if (ca.has_error()) return ca.error();
    terms += *ca;
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(terms.data()), terms.size(), digest.data());
  SSL_CTX_set_session_id_context(context, digest.data(), static_cast<unsigned>(digest.size()));
  return {};
}

}  // namespace

Result<std::shared_ptr<const TlsServer>> TlsServer::load(const TlsServerOptions& options) {
  if (options.certificates.empty()) return Problem{"TLS needs a certificate and its key"};
  const std::shared_ptr<TlsServer> out(new TlsServer);
  out->forward_certificate_ = options.forward_certificate;
  if (const auto done = out->load_entries(options); done.has_error()) return done.error();
  if (const auto done = out->make_contexts(options); done.has_error()) return done.error();
  return {boost::system::in_place_value, out};
}

Result<void> TlsServer::load_entries(const TlsServerOptions& options) {
  for (const TlsServerOptions::Certificate& each : options.certificates) {
    auto certified = load_certified_key(each.certificate, each.key, warnings_);
    if (certified.has_error()) return certified.error();
    Entry entry{*std::move(certified), {}};
    if (!each.ocsp.empty()) {
      auto staple = load_staple(each.ocsp, entry.certified, warnings_);
      if (staple.has_error()) return staple.error();
      entry.staple = *std::move(staple);
    }
    names_.add(names_of(*entry.certified.certificate), EVP_PKEY_get_base_id(entry.certified.key.get()));
    entries_.push_back(std::move(entry));
  }
  return {};
}

Result<void> TlsServer::make_contexts(const TlsServerOptions& options) {
  const auto usual = context_of(names_.usual(), options);
  if (usual.has_error()) return usual.error();
  usual_ = *usual;
  for (const auto& [name, set] : names_.by_name()) {
    const auto context = context_of(set, options);
    if (context.has_error()) return context.error();
    by_name_.emplace(name, *context);
  }
  return {};
}

Result<SSL_CTX*> TlsServer::context_of(const CertificateNames::Set& set, const TlsServerOptions& options) {
  UniqueContext& place = contexts_[set];
  if (place) return place.get();
  place = make_tls_context(TLS_server_method());
  if (!place) return Problem{"TLS cannot be set up: " + take_tls_error()};
  SSL_CTX* const context = place.get();
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  if (options.only_tls13) SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  for (const std::size_t at : set) {
    if (const auto done = present(context, entries_[at].certified); done.has_error())
      return Problem{options.certificates[at].certificate.string() + ": " + done.error().text};
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets alone: nothing to lock
  SSL_CTX_set_timeout(context, std::chrono::seconds(TicketKeys::kLifetime).count());
  if (!use_ticket_keys(context)) return Problem{"TLS cannot be set up: " + take_tls_error()};
  SSL_CTX_set_session_ticket_cb(context, nullptr, on_ticket_opened, nullptr);
  SSL_CTX_set_alpn_select_cb(context, on_protocols, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context, on_name);
  SSL_CTX_set_tlsext_servername_arg(context, this);
  SSL_CTX_set_tlsext_status_cb(context, on_status);
  SSL_CTX_set_tlsext_status_arg(context, this);
  if (const auto done = name_sessions(context, options); done.has_error()) return done.error();
  if (options.clients == TlsServerOptions::Clients::none) return context;
  if (const auto done = ask_clients(context, options); done.has_error()) return done.error();
  return context;
}

Result<void> TlsServer::ask_clients(SSL_CTX* context, const TlsServerOptions& options) const {
  const auto authorities = load_certificates(options.client_ca);
  if (authorities.has_error()) return authorities.error();
  for (const UniqueX509& each : *authorities) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), each.get()) != 1 ||
        SSL_CTX_add_client_CA(context, each.get()) != 1)
      return Problem{options.client_ca.string() + ": " + take_tls_error()};
  }
  const bool required = options.clients == TlsServerOptions::Clients::required;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  return {};
}

int TlsServer::on_name(SSL* ssl, int*, void* self) {
  const auto& server = *static_cast<const TlsServer*>(self);
  const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (asked == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const auto found = server.by_name_.find(server.names_.match(asked));
  // Without memory for the name's own certificate none is shown, rather than another's.
  if (found != server.by_name_.end() && SSL_set_SSL_CTX(ssl, found->second) == nullptr)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  return SSL_TLSEXT_ERR_OK;
}

int TlsServer::on_status(SSL* ssl, void* self) {
  const X509* chosen = SSL_get_certificate(ssl);
  for (const Entry& each : static_cast<const TlsServer*>(self)->entries_) {
    if (each.certified.certificate.get() != chosen) continue;
    if (each.staple.der.empty() || std::chrono::system_clock::now() > each.staple.until) break;
    void* const copy = OPENSSL_memdup(each.staple.der.data(), each.staple.der.size());  // the SSL's
    if (copy == nullptr) break;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(each.staple.der.size()));
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

UniqueSsl TlsServer::begin(const TicketKeys& keys) const {
  UniqueSsl ssl(SSL_new(usual_));
  if (!ssl || SSL_set_app_data(ssl.get(), const_cast<TicketKeys*>(&keys)) != 1)
    return nullptr;  // on_ticket() only reads
  SSL_set_accept_state(ssl.get());
  return ssl;
}

std::string TlsServer::identity(SSL* ssl) const {
  const X509* client = SSL_get0_peer_certificate(ssl);
  if (client == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return {};
  std::string lines;
  lines.append(kClientSubject).append(": ").append(subject_of(*client)).append("\r\n");
  if (forward_certificate_) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(client, &der);
    if (size > 0) {
      const std::string_view bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
      lines.append(kClientCertificate).append(": :").append(base64(bytes)).append(":\r\n");
    }
    OPENSSL_free(der);
  }
  return lines;
}

}  // namespace truemirror
