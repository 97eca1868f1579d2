#include "proxy/upstream/stream.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <cstring>

#include "proxy/upstream/tcp_progress.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kMostBuffers = 64;
constexpr std::size_t kSmallMessage = 4u << 10;

error_code system_error(int code) { return {code, boost::system::system_category()}; }
bool would_block(int code) { return code == EAGAIN || code == EWOULDBLOCK; }

ssize_t send_one(int descriptor, asio::const_buffer buffer, int flags) {
  return ::send(descriptor, buffer.data(), buffer.size(), flags);
}

// A small message goes as one piece: copying it costs less than the kernel's work for a vector of pieces.
ssize_t send_many(int descriptor, std::span<const asio::const_buffer> buffers, int flags) {
  std::array<char, kSmallMessage> piece;
  std::size_t size = 0;
  std::size_t copied = 0;
  while (copied < buffers.size() && buffers[copied].size() <= piece.size() - size) {
    if (buffers[copied].size() > 0) std::memcpy(piece.data() + size, buffers[copied].data(), buffers[copied].size());
    size += buffers[copied++].size();
  }
  if (copied == buffers.size()) return send_one(descriptor, asio::const_buffer(piece.data(), size), flags);
  std::array<iovec, kMostBuffers> parts;
  const std::size_t count = std::min(buffers.size(), parts.size());
  for (std::size_t at = 0; at < count; ++at)
    parts.at(at) = {const_cast<void*>(buffers[at].data()), buffers[at].size()};  // sendmsg() only reads
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  return ::sendmsg(descriptor, &message, flags);
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
  socket.moved(result_.bytes);
  ++stream_.unbroken_;
  return true;
}

bool Stream::WriteOp::attempt() {
  Poller::Socket& socket = *stream_.socket_;
  if (!socket.is_open()) {
    result_.error = asio::error::operation_aborted;
    return true;
  }
  if (stream_.tls_ && how_ != Sending::sealed) return attempt_tls();
  const int flags = MSG_NOSIGNAL | (how_ == Sending::last ? MSG_MORE : 0);
  while (!buffers_.empty()) {
    if (!socket.writable()) return false;
    const ssize_t sent = buffers_.size() == 1 ? send_one(socket.descriptor(), buffers_.front(), flags)
                                              : send_many(socket.descriptor(), buffers_, flags);
    if (sent < 0 && would_block(errno)) {
      socket.blocked();
    } else if (sent < 0) {
      result_.error = system_error(errno);
      return true;
    } else {
      socket.wrote(static_cast<std::size_t>(sent));
      advance(static_cast<std::size_t>(sent));
    }
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
  if (!socket.is_open()) return true;
  if (what_ == For::room) return socket.writable();
  if (stream_.cancelled_ || socket.readable()) return true;
  // Bytes that TLS has read ahead; perhaps no whole record, which the read that follows then waits for.
  return what_ == For::bytes && stream_.tls_ && SSL_has_pending(stream_.tls_.get()) == 1;
}

void Stream::ReadyOp::await_suspend(std::coroutine_handle<> waiter) {
  Poller::Socket& socket = *stream_.socket_;
  if (what_ != For::room) stream_.unbroken_ = 0;
  what_ == For::room ? socket.wait_to_write(*this, waiter) : socket.wait_to_read(*this, waiter);
}

error_code Stream::connected() const {
  if (!is_open()) return asio::error::operation_aborted;
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(socket_->descriptor(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  return code == 0 ? error_code() : system_error(code);
}

bool Stream::quiet() {
  if (!is_open()) return false;
  if (tls_) return tls_quiet();
  if (!socket_->readable()) return true;
  char byte = 0;
  const ssize_t got = ::recv(socket_->descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got >= 0 || !would_block(errno)) return false;
  socket_->drained();
  return true;
}

std::uint64_t Stream::taken_by_peer() const { return is_open() ? bytes_acknowledged(socket_->descriptor()) : 0; }

// Linux counts the SYN among what is acknowledged. A FIN acknowledges all that had come before it, so what it leaves
// open came after the peer had closed; a reset says nothing, and acknowledgements may wait.
bool Stream::took_nothing_since(std::uint64_t before) const {
  if (!is_open()) return false;
  if (written() == before) return true;
  char byte = 0;
  if (::recv(socket_->descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0) return false;
  const std::uint64_t taken = taken_by_peer();
  return taken != 0 && taken <= before + 1;
}

void Stream::cancel_read() { cancelled_ = socket_->nudge_reader(); }

void Stream::shutdown_send() {
  goodbye();
  // A peer that is gone has nothing left to be told.
  if (is_open()) (void)::shutdown(socket_->descriptor(), SHUT_WR);
}

void Stream::reset_on_close() {
  const linger at_once{1, 0};
  if (is_open()) (void)::setsockopt(socket_->descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace truemirror
