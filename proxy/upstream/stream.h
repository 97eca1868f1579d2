// A connection's bytes: a TCP or Unix socket, plain or under TLS. Writes are tried at once and only what is left waits.
// No deadlines of its own: who waits arms a watch (deadline.h) that closes the stream. Belongs to one thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace truemirror {

struct IoResult {
  boost::system::error_code error;
  std::size_t bytes = 0;
};

class Stream {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  explicit Stream(Socket socket);

  // TLS as the client: verifies the certificate against the context's store and `host`, sends it as SNI.
  boost::asio::awaitable<boost::system::error_code> handshake(boost::asio::ssl::context& context, std::string host);

  // At least one byte, or an error; `asio::error::eof` where the peer has closed (under TLS: orderly).
  boost::asio::awaitable<IoResult> read_some(boost::asio::mutable_buffer into);
  // All of the buffers, or an error. `buffers` is consumed as it goes.
  boost::asio::awaitable<IoResult> write(std::span<boost::asio::const_buffer> buffers);

  // False where the peer has closed, or sent bytes that nobody asked for: not to be reused. One system call, no wait.
  [[nodiscard]] bool quiet();
  void shutdown_send();
  // Makes close() a reset: the peer sees an error, not the end of a message.
  void reset_on_close();
  void close();
  [[nodiscard]] bool is_open() const { return socket_->is_open(); }
  [[nodiscard]] Socket& socket() { return *socket_; }

 private:
  using Tls = boost::asio::ssl::stream<Socket&>;
  std::unique_ptr<Socket> socket_;  // an address of its own: the TLS stream refers to it
  std::unique_ptr<Tls> tls_;
};

}  // namespace truemirror
