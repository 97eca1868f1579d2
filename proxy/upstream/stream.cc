#include "proxy/upstream/stream.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <cstring>

#include "proxy/upstream/tcp_progress.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr unsigned kMostUnbroken = 32;  // full reads in a row before others have their turn
constexpr std::size_t kMostBuffers = 64;
constexpr std::size_t kSmallMessage = 4u << 10;
constexpr std::size_t kTlsRecord = 16u << 10;  // RFC 8446 §5.1

error_code system_error(int code) { return {code, boost::system::system_category()}; }
bool would_block(int code) { return code == EAGAIN || code == EWOULDBLOCK; }

ssize_t send_one(int descriptor, asio::const_buffer buffer) {
  return ::send(descriptor, buffer.data(), buffer.size(), MSG_NOSIGNAL);
}

// A small message goes as one piece: copying it costs less than the kernel's work for a vector of pieces.
ssize_t send_many(int descriptor, std::span<const asio::const_buffer> buffers) {
  std::array<char, kSmallMessage> piece;
  std::size_t size = 0;
  std::size_t copied = 0;
  while (copied < buffers.size() && buffers[copied].size() <= piece.size() - size) {
    if (buffers[copied].size() > 0) std::memcpy(piece.data() + size, buffers[copied].data(), buffers[copied].size());
    size += buffers[copied++].size();
  }
  if (copied == buffers.size()) return send_one(descriptor, asio::const_buffer(piece.data(), size));
  std::array<iovec, kMostBuffers> parts;
  const std::size_t count = std::min(buffers.size(), parts.size());
  for (std::size_t at = 0; at < count; ++at)
    parts.at(at) = {const_cast<void*>(buffers[at].data()), buffers[at].size()};  // sendmsg() only reads
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  return ::sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

}  // namespace

Stream::Stream(Poller& poller, int descriptor) : socket_(std::make_unique<Poller::Socket>(poller, descriptor)) {}

bool Stream::ReadOp::await_ready() { return stream_.unbroken_ < kMostUnbroken && attempt(); }

void Stream::ReadOp::await_suspend(std::coroutine_handle<> waiter) {
  const bool only_yields = stream_.unbroken_ >= kMostUnbroken;
  stream_.unbroken_ = 0;
  only_yields ? stream_.socket_->yield(*this, waiter) : stream_.socket_->wait_to_read(*this, waiter);
}

bool Stream::ReadOp::attempt() {
  Poller::Socket& socket = *stream_.socket_;
  if (!socket.is_open() || std::exchange(stream_.cancelled_, false)) {
    result_.error = asio::error::operation_aborted;
    return true;
  }
  if (stream_.tls_) return attempt_tls();
  if (!socket.readable()) return false;
  const ssize_t got = ::recv(socket.descriptor(), into_.data(), into_.size(), MSG_DONTWAIT);
  if (got < 0 && would_block(errno)) {
    socket.drained();
    return false;
  }
  if (got < 0) result_.error = system_error(errno);
  if (got == 0) result_.error = asio::error::eof;
  if (got > 0) result_.bytes = static_cast<std::size_t>(got);
  if (result_.bytes < into_.size()) socket.drained();
  ++stream_.unbroken_;
  return true;
}

bool Stream::ReadOp::attempt_tls() {
  const Poller::Socket& socket = *stream_.socket_;
  if (!socket.readable() && !socket.reader_wants_room() && SSL_has_pending(stream_.tls_.get()) == 0) return false;
  ERR_clear_error();
  const int got = SSL_read(stream_.tls_.get(), into_.data(), static_cast<int>(std::min(into_.size(), kTlsRecord)));
  if (got > 0) {
    result_.bytes = static_cast<std::size_t>(got);
    ++stream_.unbroken_;
    return true;
  }
  result_.error = stream_.tls_outcome(got, true);
  return static_cast<bool>(result_.error);
}

error_code Stream::tls_outcome(int result, bool reading) {
  const int code = errno;
  socket_->reader_wants_room(false);
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      socket_->drained();
      return {};
    case SSL_ERROR_WANT_WRITE:
      socket_->blocked();
      if (reading) socket_->reader_wants_room(true);
      return {};
    case SSL_ERROR_ZERO_RETURN:
      return asio::error::eof;
    case SSL_ERROR_SYSCALL:
      return code != 0 ? system_error(code) : error_code(asio::ssl::error::stream_truncated);
    default:
      break;
  }
  const unsigned long reason = ERR_get_error();
  if (ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return asio::ssl::error::stream_truncated;
  return {static_cast<int>(reason), asio::error::get_ssl_category()};
}

bool Stream::WriteOp::attempt() {
  Poller::Socket& socket = *stream_.socket_;
  if (!socket.is_open()) {
    result_.error = asio::error::operation_aborted;
    return true;
  }
  if (stream_.tls_) return attempt_tls();
  while (!buffers_.empty()) {
    if (!socket.writable()) return false;
    const ssize_t sent = buffers_.size() == 1 ? send_one(socket.descriptor(), buffers_.front())
                                              : send_many(socket.descriptor(), buffers_);
    if (sent < 0 && would_block(errno)) {
      socket.blocked();
    } else if (sent < 0) {
      result_.error = system_error(errno);
      return true;
    } else {
      advance(static_cast<std::size_t>(sent));
    }
  }
  return true;
}

// Gathers what there is into records: each costs a header, a tag and a system call.
bool Stream::WriteOp::attempt_tls() {
  while (!buffers_.empty()) {
    if (!stream_.socket_->writable()) return false;
    for (std::size_t at = 0; record_.size() < kTlsRecord && at < buffers_.size(); ++at)
      record_.append(static_cast<const char*>(buffers_[at].data()),
                     std::min(buffers_[at].size(), kTlsRecord - record_.size()));
    ERR_clear_error();
    const int sent = SSL_write(stream_.tls_.get(), record_.data(), static_cast<int>(record_.size()));
    if (sent <= 0) {
      result_.error = stream_.tls_outcome(sent, false);
      return static_cast<bool>(result_.error);
    }
    record_.clear();
    advance(static_cast<std::size_t>(sent));
  }
  return true;
}

void Stream::WriteOp::advance(std::size_t bytes) {
  result_.bytes += bytes;
  while (!buffers_.empty() && bytes >= buffers_.front().size()) {
    bytes -= buffers_.front().size();
    buffers_ = buffers_.subspan(1);
  }
  if (!buffers_.empty()) buffers_.front() += bytes;
}

bool Stream::ReadyOp::attempt() {
  const Poller::Socket& socket = *stream_.socket_;
  if (!socket.is_open() || (to_read_ && stream_.cancelled_)) return true;
  if (to_read_ && stream_.tls_ && SSL_pending(stream_.tls_.get()) > 0) return true;
  return to_read_ ? socket.readable() : socket.writable();
}

void Stream::ReadyOp::await_suspend(std::coroutine_handle<> waiter) {
  Poller::Socket& socket = *stream_.socket_;
  to_read_ ? socket.wait_to_read(*this, waiter) : socket.wait_to_write(*this, waiter);
}

Task<error_code> Stream::handshake(SSL_CTX* context, std::string host) {
  tls_.reset(SSL_new(context));
  if (!tls_) co_return error_code(asio::error::no_memory);
  SSL* const ssl = tls_.get();
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
  SSL_set_fd(ssl, socket_->descriptor());
  error_code not_numeric;
  (void)asio::ip::make_address(host, not_numeric);
  if (not_numeric) {
    SSL_set_tlsext_host_name(ssl, host.c_str());
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  }
  SSL_set_connect_state(ssl);
  for (;;) {
    if (!is_open()) co_return error_code(asio::error::operation_aborted);
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl);
    if (done == 1) co_return error_code();
    const error_code error = tls_outcome(done, false);
    if (error) co_return error;
    if (!socket_->writable()) {
      co_await until_writable();
    } else {
      co_await until_readable();
    }
  }
}

error_code Stream::connected() const {
  if (!is_open()) return asio::error::operation_aborted;
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(socket_->descriptor(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  return code == 0 ? error_code() : system_error(code);
}

bool Stream::quiet() {
  if (!is_open() || (tls_ && SSL_pending(tls_.get()) > 0)) return false;
  if (!socket_->readable()) return true;
  char byte = 0;
  const ssize_t got = ::recv(socket_->descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got >= 0 || !would_block(errno)) return false;
  socket_->drained();
  return true;
}

std::uint64_t Stream::taken_by_peer() const {
  return is_open() ? bytes_acknowledged(socket_->descriptor()) : 0;
}

void Stream::cancel_read() { cancelled_ = socket_->nudge_reader(); }

void Stream::shutdown_send() {
  // A peer that is gone has nothing left to be told.
  if (is_open()) (void)::shutdown(socket_->descriptor(), SHUT_WR);
}

void Stream::reset_on_close() {
  const linger at_once{1, 0};
  if (is_open()) (void)::setsockopt(socket_->descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace truemirror
