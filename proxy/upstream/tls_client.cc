#include "proxy/upstream/tls_client.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>

#include "proxy/upstream/tls_files.h"

namespace truemirror {
namespace {

constexpr std::size_t kMostSessions = 8;

// Keeps what the server sends for later, TLS 1.3's tickets after the handshake too.
int on_session(SSL* ssl, SSL_SESSION* session) {
  auto* sessions = static_cast<TlsSessions*>(SSL_get_app_data(ssl));
  if (sessions == nullptr || SSL_SESSION_is_resumable(session) == 0) return 0;
  sessions->keep(UniqueSession(session));
  return 1;
}

Result<void> trust(SSL_CTX* context, const std::filesystem::path& ca) {
  if (ca.empty()) {
    // Not SSL_CTX_set_default_verify_paths(): it opens the same folder as an OSSL_STORE as well, which frees a loader
    // twice where memory is short.
    if (SSL_CTX_set_default_verify_file(context) != 1 || SSL_CTX_set_default_verify_dir(context) != 1)
      return Problem{"the system's certificates: " + take_tls_error()};
    return {};
  }
  const auto certificates = load_certificates(ca);
  if (certificates.has_error()) return certificates.error();
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const UniqueX509& each : *certificates) {
    if (X509_STORE_add_cert(store, each.get()) != 1) return Problem{ca.string() + ": " + take_tls_error()};
  }
  // What is named is trusted, be it a root, an intermediate or the server's own certificate.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

bool ask_for(SSL* ssl, const std::string& name) {
  boost::system::error_code not_numeric;
  (void)boost::asio::ip::make_address(name, not_numeric);
  if (!not_numeric) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set_tlsext_host_name(ssl, name.c_str()) == 1 && SSL_set1_host(ssl, name.c_str()) == 1;
}

}  // namespace

UniqueSession TlsSessions::take() {
  if (sessions_.empty()) return nullptr;
  UniqueSession newest = std::move(sessions_.back());
  sessions_.pop_back();
  if (SSL_SESSION_get_protocol_version(newest.get()) != TLS1_3_VERSION && SSL_SESSION_up_ref(newest.get()) == 1)
    sessions_.emplace_back(newest.get());
  return newest;
}

void TlsSessions::keep(UniqueSession session) {
  if (sessions_.size() == kMostSessions) sessions_.erase(sessions_.begin());
  sessions_.push_back(std::move(session));
}

Result<std::shared_ptr<TlsClient>> TlsClient::load(const TlsClientOptions& options) {
  auto out = std::make_shared<TlsClient>();
  UniqueContext context = make_tls_context(TLS_client_method());
  if (!context) return Problem{"TLS cannot be set up: " + take_tls_error()};
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(raw, on_session);
  constexpr unsigned char kAlpn[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(raw, kAlpn, sizeof kAlpn - 1);
  if (const auto done = trust(raw, options.ca); done.has_error()) return done.error();
  if (options.certificate.empty() != options.key.empty())
    return Problem{"a certificate and its key go together; name both files"};
  if (!options.certificate.empty()) {
    const auto ours = load_certified_key(options.certificate, options.key, out->warnings_);
    if (ours.has_error()) return ours.error();
    if (const auto done = present(raw, *ours); done.has_error())
      return Problem{options.certificate.string() + ": " + done.error().text};
  }
  out->loaded_ = {std::shared_ptr<SSL_CTX>(std::move(context)), options.server_name};
  return {boost::system::in_place_value, std::move(out)};
}

TlsClient::Loaded TlsClient::loaded() const {
  const std::lock_guard lock(mutex_);
  return loaded_;
}

void TlsClient::follow(const TlsClient& fresh) {
  Loaded loaded = fresh.loaded();
  const std::lock_guard lock(mutex_);
  loaded_ = std::move(loaded);
}

UniqueSsl TlsClient::begin(const std::string& host, TlsSessions& sessions) const {
  const Loaded now = loaded();
  UniqueSsl ssl(SSL_new(now.context.get()));
  if (!ssl) return ssl;
  if (!ask_for(ssl.get(), now.server_name.empty() ? host : now.server_name)) return nullptr;
  // Sessions of another context were verified by other rules.
  if (sessions.of_ != now.context) sessions.sessions_.clear();
  sessions.of_ = now.context;
  if (SSL_set_app_data(ssl.get(), &sessions) != 1) return nullptr;
  if (const UniqueSession session = sessions.take()) SSL_set_session(ssl.get(), session.get());
  SSL_set_connect_state(ssl.get());
  return ssl;
}

std::string upstream_handshake_problem(SSL* ssl, const boost::system::error_code& error) {
  const bool by_tls = error.category() == boost::asio::error::get_ssl_category();
  const auto code = static_cast<unsigned long>(static_cast<unsigned>(error.value()));
  if (by_tls && ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER)
    return "it answers in plain text, not in TLS; write http:// where that is meant";
  return handshake_problem(ssl, error.message());
}

std::string handshake_problem(SSL* ssl, const std::string& otherwise) {
  const long verdict = ssl == nullptr ? X509_V_OK : SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK) return otherwise;
  std::string out = std::string("its certificate: ") + X509_verify_cert_error_string(verdict);
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH) out += std::string(" (not for ") + SSL_get_servername(ssl, 0) + ")";
  return out;
}

}  // namespace truemirror
