#include "tests/scenarios/tls_peer.h"

#include <openssl/err.h>

#include <array>
#include <csignal>
#include <stdexcept>

#include "proxy/upstream/tls_files.h"

namespace truemirror::testing {
namespace {

void must(bool done) {
  if (!done) throw std::runtime_error("TLS in a test: " + take_tls_error());
}

// OpenSSL writes to sockets by write(), and a peer that has left would end the test in silence.
[[maybe_unused]] const auto kPipesAreNoSignal = std::signal(SIGPIPE, SIG_IGN);

void show(SSL_CTX* context, const Issued& issued) {
  must(SSL_CTX_use_certificate_chain_file(context, issued.certificate.c_str()) == 1);
  must(SSL_CTX_use_PrivateKey_file(context, issued.key.c_str(), SSL_FILETYPE_PEM) == 1);
}

}  // namespace

int TlsClientSocket::on_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<TlsClientSocket*>(SSL_get_app_data(ssl))->session_.reset(session);
  return 1;
}

TlsClientSocket::TlsClientSocket(std::uint16_t port, const TlsAsk& ask)
    : socket_(Socket::connect(port)), context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, on_session);
  if (ask.version != 0) {
    SSL_CTX_set_min_proto_version(context, ask.version);
    SSL_CTX_set_max_proto_version(context, ask.version);
  }
  if (!ask.ca.empty()) {
    must(SSL_CTX_load_verify_file(context, ask.ca.c_str()) == 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  if (ask.show != nullptr) show(context, *ask.show);
  if (!ask.signatures.empty()) must(SSL_CTX_set1_sigalgs_list(context, ask.signatures.c_str()) == 1);
  ssl_.reset(SSL_new(context));
  SSL_set_app_data(ssl_.get(), this);
  if (!ask.name.empty()) SSL_set_tlsext_host_name(ssl_.get(), ask.name.c_str());
  const std::string alpn = std::string(1, static_cast<char>(ask.alpn.size())) + ask.alpn;
  if (!ask.alpn.empty())
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                        static_cast<unsigned>(alpn.size()));
  if (ask.staple) SSL_set_tlsext_status_type(ssl_.get(), TLSEXT_STATUSTYPE_ocsp);
  if (ask.resume != nullptr) {
    // A copy: OpenSSL's client marks a session that it has used (TLS 1.3) or had renewed (1.2) as good for no more.
    const UniqueSession copy(SSL_SESSION_dup(ask.resume));
    SSL_set_session(ssl_.get(), copy.get());
  }
  SSL_set_fd(ssl_.get(), socket_.descriptor());
  ERR_clear_error();
  connected_ = SSL_connect(ssl_.get()) == 1;
  if (!connected_) problem_ = take_tls_error();
}

bool TlsClientSocket::send(std::string_view bytes) { return tls_send(ssl_.get(), bytes); }

std::string TlsClientSocket::receive() {
  std::string bytes(16u << 10, '\0');
  ERR_clear_error();
  const int got = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  if (got <= 0) problem_ = take_tls_error();
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

std::string TlsClientSocket::receive_all() {
  std::string all;
  for (std::string bytes = receive(); !bytes.empty(); bytes = receive()) all += bytes;
  return all;
}

std::string TlsClientSocket::get(const std::string& target, const std::string& more_headers) {
  if (!send("GET " + target + " HTTP/1.1\r\nHost: test\r\n" + more_headers + "\r\n")) return {};
  std::string all;
  for (;;) {
    const std::size_t end = all.find("\r\n\r\n");
    const std::size_t length = all.find("Content-Length: ");
    if (end != std::string::npos && length < end && all.size() >= end + 4 + std::stoul(all.substr(length + 16)))
      return all;
    const std::string bytes = receive();
    if (bytes.empty()) return {};
    all += bytes;
  }
}

bool TlsClientSocket::said_goodbye() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

std::string TlsClientSocket::subject() const {
  const UniqueX509 shown(SSL_get1_peer_certificate(ssl_.get()));
  return shown ? subject_of(*shown) : std::string();
}

std::string TlsClientSocket::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

bool TlsClientSocket::stapled() const {
  unsigned char* response = nullptr;
  return SSL_get_tlsext_status_ocsp_resp(ssl_.get(), static_cast<void*>(&response)) > 0;
}

TlsUpstream::TlsUpstream(const Issued& issued, Script script, const std::filesystem::path& client_ca)
    : script_(std::move(script)), context_(SSL_CTX_new(TLS_server_method())), listener_(Socket::listen(port_)) {
  show(context_.get(), issued);
  constexpr unsigned char kName[] = "upstream";
  SSL_CTX_set_session_id_context(context_.get(), kName, sizeof kName);
  if (!client_ca.empty()) {
    must(SSL_CTX_load_verify_file(context_.get(), client_ca.c_str()) == 1);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  acceptor_ = std::thread([this] { accept_loop(); });
}

TlsUpstream::~TlsUpstream() {
  stopping_ = true;
  listener_.shutdown_both();
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (Socket& socket : sockets_) {
      if (socket.valid()) socket.shutdown_both();
    }
  }
  for (std::thread& thread : threads_) thread.join();
}

void TlsUpstream::accept_loop() {
  while (!stopping_) {
    Socket accepted = listener_.accept();
    if (!accepted.valid()) continue;
    const std::lock_guard lock(mutex_);
    Socket& socket = sockets_.emplace_back(std::move(accepted));
    threads_.emplace_back([this, &socket] { serve(socket); });
  }
}

void TlsUpstream::serve(Socket& socket) {
  const UniqueSsl ssl(SSL_new(context_.get()));
  SSL_set_fd(ssl.get(), socket.descriptor());
  if (SSL_accept(ssl.get()) == 1) {
    ++connections_;
    if (SSL_session_reused(ssl.get()) == 1) ++resumed_;
    std::string unread;
    for (std::array<char, 16384> bytes;;) {
      const std::size_t end = unread.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::string head = unread.substr(0, end + 4);
        unread.erase(0, end + 4);
        {
          const std::lock_guard lock(mutex_);
          heads_.push_back(head);
        }
        if (!script_(head, ssl.get())) break;
        continue;
      }
      const int got = SSL_read(ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (got <= 0) break;
      unread.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }
  ERR_clear_error();
  const std::lock_guard lock(mutex_);
  socket.close();
}

std::vector<std::string> TlsUpstream::heads() const {
  const std::lock_guard lock(mutex_);
  return heads_;
}

bool tls_send(SSL* ssl, std::string_view bytes) {
  ERR_clear_error();
  return SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
}

}  // namespace truemirror::testing
