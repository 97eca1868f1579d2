// The other side of TLS in tests, blocking, by OpenSSL's own socket BIO: a client that reports what it was given, and
// an upstream that a test scripts. Waits end after ten seconds.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tests/scenarios/certificates.h"
#include "tests/scenarios/socket.h"

namespace truemirror::testing {

struct TlsAsk {
  std::filesystem::path ca{};    // empty: anything is accepted
  std::string name{};            // SNI
  std::string alpn{};            // one protocol
  std::string signatures{};      // signature algorithms, OpenSSL's list
  int version = 0;               // TLS1_2_VERSION, TLS1_3_VERSION; 0: any
  const Issued* show = nullptr;  // a client certificate
  SSL_SESSION* resume = nullptr;
  bool staple = false;  // asks for an OCSP response
};

class TlsClientSocket {
 public:
  TlsClientSocket(std::uint16_t port, const TlsAsk& ask);

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::string problem() const { return problem_; }  // of a handshake that failed
  bool send(std::string_view bytes);
  // Up to 16 KiB; empty at an end, which end() tells apart.
  [[nodiscard]] std::string receive();
  // One answer to a GET; empty where there is none. Reads to the length that its head tells.
  [[nodiscard]] std::string get(const std::string& target, const std::string& more_headers = "");
  [[nodiscard]] std::string receive_all();
  // Whether the peer has said goodbye: the end that receive() saw is no truncation.
  [[nodiscard]] bool said_goodbye() const;
  [[nodiscard]] std::string subject() const;  // of the server's certificate
  [[nodiscard]] std::string alpn() const;
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  [[nodiscard]] bool stapled() const;
  [[nodiscard]] SSL* ssl() { return ssl_.get(); }
  // The newest session of the connection; TLS 1.3 sends it after the handshake: read something before.
  [[nodiscard]] UniqueSession session() { return std::move(session_); }

 private:
  static int on_session(SSL* ssl, SSL_SESSION* session);

  Socket socket_;
  UniqueContext context_;
  UniqueSession session_;
  UniqueSsl ssl_;
  bool connected_ = false;
  std::string problem_;
};

// A TLS server on a free port; a thread a connection.
class TlsUpstream {
 public:
  // Answers one request head; false closes the connection with no goodbye.
  using Script = std::function<bool(const std::string& head, SSL* ssl)>;

  // `client_ca`: clients must show a certificate.
  TlsUpstream(const Issued& issued, Script script, const std::filesystem::path& client_ca = {});
  ~TlsUpstream();
  TlsUpstream(const TlsUpstream&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] int resumed() const { return resumed_; }
  [[nodiscard]] std::vector<std::string> heads() const;

 private:
  void accept_loop();
  void serve(Socket& socket);

  Script script_;
  std::uint16_t port_ = 0;
  UniqueContext context_;
  Socket listener_;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::list<Socket> sockets_;
  std::list<std::thread> threads_;
  std::atomic<int> connections_{0}, resumed_{0};
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
};

[[nodiscard]] bool tls_send(SSL* ssl, std::string_view bytes);

}  // namespace truemirror::testing
