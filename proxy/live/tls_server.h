// TLS towards clients: certificates by name, what is negotiated, who must show a certificate. Immutable once loaded and
// shared by all live threads; a reload loads another and gives it to each thread, which uses it from its next handshake
// on. Connections keep what they were made with.
#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proxy/http/problem.h"
#include "proxy/live/tls_names.h"
#include "proxy/live/tls_staple.h"
#include "proxy/live/tls_tickets.h"
#include "proxy/upstream/tls_files.h"

namespace truemirror {

struct TlsServerOptions {
  struct Certificate {
    std::filesystem::path certificate{}, key{};  // PEM; the server's own first, then what signs it
    std::filesystem::path ocsp{};                // a response to staple, DER; empty: none
  };
  enum class Clients : std::uint8_t { none, optional, required };

  std::vector<Certificate> certificates{};  // the first answers whoever asks for no name that is known
  bool only_tls13 = false;
  Clients clients = Clients::none;    // whether they show certificates; one that does not verify is always refused
  std::filesystem::path client_ca{};  // PEM; goes with `clients`
  bool forward_certificate = false;   // the whole certificate to stable, too (Client-Cert, RFC 9440)
};

class TlsServer {
 public:
  // Errors name the file and what would be right.
  [[nodiscard]] static Result<std::shared_ptr<const TlsServer>> load(const TlsServerOptions& options);
  TlsServer(const TlsServer&) = delete;
  ~TlsServer() = default;
  // What works, but not as it should.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  // The server's end of a new connection. `this` and `keys` outlive it. Null where memory is short.
  [[nodiscard]] UniqueSsl begin(const TicketKeys& keys) const;
  // Field lines that tell stable who the client is, after the handshake; empty where it has shown no certificate.
  [[nodiscard]] std::string identity(SSL* ssl) const;

 private:
  struct Entry {
    CertifiedKey certified;
    Staple staple;
  };

  TlsServer() = default;
  Result<void> load_entries(const TlsServerOptions& options);
  Result<void> make_contexts(const TlsServerOptions& options);
  Result<SSL_CTX*> context_of(const CertificateNames::Set& set, const TlsServerOptions& options);
  Result<void> ask_clients(SSL_CTX* context, const TlsServerOptions& options) const;

  static int on_name(SSL* ssl, int* alert, void* self);
  static int on_status(SSL* ssl, void* self);

  std::vector<Entry> entries_;
  CertificateNames names_;
  std::map<CertificateNames::Set, UniqueContext> contexts_;
  std::unordered_map<std::string_view, SSL_CTX*> by_name_;  // names are names_'s
  SSL_CTX* usual_ = nullptr;
  bool forward_certificate_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace truemirror
