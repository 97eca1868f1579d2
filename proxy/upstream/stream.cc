#include "proxy/upstream/stream.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace truemirror {
namespace {

namespace asio = boost::asio;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// Drops the first `bytes` of the sequence; returns what is left.
std::span<asio::const_buffer> advance(std::span<asio::const_buffer> buffers, std::size_t bytes) {
  while (!buffers.empty() && bytes >= buffers.front().size()) {
    bytes -= buffers.front().size();
    buffers = buffers.subspan(1);
  }
  if (!buffers.empty()) buffers.front() += bytes;
  return buffers;
}

}  // namespace

Stream::Stream(Socket socket) : socket_(std::make_unique<Socket>(std::move(socket))) {
  boost::system::error_code ignored;  // a socket that is gone already shows it at its first read
  if (socket_->is_open()) socket_->non_blocking(true, ignored);
}

asio::awaitable<boost::system::error_code> Stream::handshake(asio::ssl::context& context, std::string host) {
  tls_ = std::make_unique<Tls>(*socket_, context);
  tls_->set_verify_callback(asio::ssl::host_name_verification(host));
  SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str());
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAwait);
  co_return error;
}

asio::awaitable<IoResult> Stream::read_some(asio::mutable_buffer into) {
  if (tls_) {
    const auto [error, bytes] = co_await tls_->async_read_some(into, kAwait);
    co_return IoResult{error, bytes};
  }
  const auto [error, bytes] = co_await socket_->async_read_some(into, kAwait);
  co_return IoResult{error, bytes};
}

asio::awaitable<IoResult> Stream::write(std::span<asio::const_buffer> buffers) {
  IoResult done;
  if (!tls_) {
    done.bytes = socket_->write_some(buffers, done.error);
    if (done.error && done.error != asio::error::would_block) co_return done;
    done.error = {};
    buffers = advance(buffers, done.bytes);
  }
  while (!buffers.empty()) {
    std::size_t bytes = 0;
    if (tls_) {
      std::tie(done.error, bytes) = co_await tls_->async_write_some(buffers, kAwait);
    } else {
      std::tie(done.error, bytes) = co_await socket_->async_write_some(buffers, kAwait);
    }
    done.bytes += bytes;
    if (done.error) co_return done;
    buffers = advance(buffers, bytes);
  }
  co_return done;
}

bool Stream::quiet() {
  if (!socket_->is_open() || (tls_ && SSL_pending(tls_->native_handle()) > 0)) return false;
  char byte = 0;
  const ssize_t got = ::recv(socket_->native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Stream::shutdown_send() {
  boost::system::error_code ignored;  // the peer may be gone; then there is nothing left to tell it
  socket_->shutdown(Socket::shutdown_send, ignored);
}

void Stream::reset_on_close() {
  boost::system::error_code ignored;  // as above
  socket_->set_option(asio::socket_base::linger(true, 0), ignored);
}

void Stream::close() {
  boost::system::error_code ignored;  // as above
  socket_->close(ignored);
}

}  // namespace truemirror
