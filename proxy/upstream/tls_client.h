// TLS towards one upstream: whom it trusts, which name it asks for, who it says it is. Shared by all that connect there
// (live threads, arms, probe); what it was loaded from may be loaded anew while they do.
#pragma once

#include <boost/system/error_code.hpp>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "proxy/http/problem.h"
#include "proxy/upstream/tls.h"

namespace truemirror {

struct TlsClientOptions {
  std::filesystem::path ca{};                  // PEM; empty: the system's store
  std::filesystem::path certificate{}, key{};  // PEM, of ours; empty: none
  std::string server_name{};                   // asked for and verified; empty: the URL's host
  bool operator==(const TlsClientOptions&) const = default;
  [[nodiscard]] bool usual() const { return *this == TlsClientOptions{}; }
};

// Sessions of one pool to one upstream, to be resumed: a connection costs the upstream no signature then. One thread's.
class TlsSessions {
 public:
  // The newest; a TLS 1.3 session is used once (RFC 8446 appendix C.4). Null where there is none.
  [[nodiscard]] UniqueSession take();
  void keep(UniqueSession session);
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  friend class TlsClient;
  std::vector<UniqueSession> sessions_;
  std::shared_ptr<SSL_CTX> of_;  // the context they were made under
};

class TlsClient {
 public:
  // Warnings are those of load_certified_key().
  [[nodiscard]] static Result<std::shared_ptr<TlsClient>> load(const TlsClientOptions& options);
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  // The client's end of a new connection to `host` (a name or an address). `sessions` outlives the connection. Null
  // where memory is short.
  [[nodiscard]] UniqueSsl begin(const std::string& host, TlsSessions& sessions) const;
  // From the next connection on, as `fresh`. From any thread.
  void follow(const TlsClient& fresh);

 private:
  struct Loaded {
    std::shared_ptr<SSL_CTX> context;
    std::string server_name;
  };
  [[nodiscard]] Loaded loaded() const;

  mutable std::mutex mutex_;  // taken once a connection
  Loaded loaded_;
  std::vector<std::string> warnings_;
};

// Why a handshake with an upstream failed. One that answers in no TLS at all is named as that: it is an http:// one.
[[nodiscard]] std::string upstream_handshake_problem(SSL* ssl, const boost::system::error_code& error);
// Why a handshake failed: what is wrong with the certificate, where that is it, else `otherwise`.
[[nodiscard]] std::string handshake_problem(SSL* ssl, const std::string& otherwise);

}  // namespace truemirror
