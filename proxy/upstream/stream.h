// A connection's bytes: a TCP or Unix socket, plain or under TLS (OpenSSL on the socket itself; tls_stream.cc). Reads
// and writes are tried at once where they may succeed, and wait otherwise; what awaits them needs no frame of its own.
// No deadlines: who waits arms a watch (deadline.h) that closes the stream. Belongs to one thread.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "proxy/upstream/poller.h"
#include "proxy/upstream/task.h"
#include "proxy/upstream/tls.h"

namespace truemirror {

enum class Sending : std::uint8_t {
  usual,
  last,   // the end follows at once (shutdown_send(), or goodbye() and close()): both leave as one packet
  sealed  // past TLS: what it has sealed already
};

struct IoResult {
  boost::system::error_code error;
  std::size_t bytes = 0;
};

class Stream {
 public:
  // Takes over a non-blocking, connected (or connecting) socket; -1: none.
  Stream(Poller& poller, int descriptor);
  Stream(Stream&&) noexcept = default;

  class ReadOp;
  class WriteOp;
  class ReadyOp;

  // At least one byte, or an error: `asio::error::eof` where the peer has closed (under TLS: orderly),
  // `asio::error::operation_aborted` where the stream was closed here or the read was cancelled. `into` is not empty
  // and lives until then. One read and one write at a time.
  [[nodiscard]] ReadOp read_some(boost::asio::mutable_buffer into);
  // All of the buffers, or an error and how much went. `buffers` is consumed as it goes.
  [[nodiscard]] WriteOp write(std::span<boost::asio::const_buffer> buffers, Sending how = Sending::usual);
  // Until there may be something to read (or the stream is closed), without a buffer for it.
  [[nodiscard]] ReadyOp until_readable();
  // Until the socket takes bytes, which is also when it has connected. After blocked().
  [[nodiscard]] ReadyOp until_writable();

  // Goes on under TLS: `ssl` is new, in the client's or the server's state. Waits as long as it takes.
  Task<boost::system::error_code> handshake(UniqueSsl ssl);
  // The connection's TLS, for what it has agreed on; null where it is plain. The stream's.
  [[nodiscard]] SSL* tls() const { return tls_.get(); }
  // Goes on in plain after a handshake that failed because the peer does not speak TLS.
  void drop_tls() { tls_.reset(); }
  // Under TLS tells the peer that nothing more is coming, so that it takes the end of the bytes for the end of the
  // message and not for a truncation. Before close(), where all is said; what would have to wait stays unsaid.
  void goodbye() {
    if (tls_) say_goodbye();
  }
  // How a connect() under way ended, once until_writable().
  [[nodiscard]] boost::system::error_code connected() const;
  void connecting() { socket_->blocked(); }

  // False where the peer has closed, or sent bytes that nobody asked for, as far as the last look at the sockets told:
  // not to be reused then.
  [[nodiscard]] bool quiet();
  // Nothing has come since a read took all there was, as far as the last look at the sockets told.
  [[nodiscard]] bool silent() const { return !socket_->readable(); }
  // Has `wait` attempt, each time that something may have come, until told to stop: for a connection that nobody reads.
  // `wait` says that it is not over, and lives until then.
  void watch(Poller::Wait& wait) { socket_->wait_to_read(wait, std::noop_coroutine()); }
  void stop_watching() { socket_->stop_waiting_to_read(); }
  // How many bytes the peer's system has acknowledged since the connection began; 0 where that is not known.
  [[nodiscard]] std::uint64_t taken_by_peer() const;
  // How many bytes have been handed to the system since the connection began, those of TLS itself among them.
  [[nodiscard]] std::uint64_t written() const { return socket_->written(); }
  // Whether it is certain that the peer has seen no byte of what was written since written() was `before`, and will see
  // none: it had ended the connection before they came. Asked on a connection that was made here, while it is open, and
  // once a read has found its end in order: a reset, which is read but once, leaves open what it had taken.
  [[nodiscard]] bool took_nothing_since(std::uint64_t before) const;
  // Ends the read that waits, with operation_aborted; the stream stays open.
  void cancel_read();
  // Half a close, under TLS with a goodbye.
  void shutdown_send();
  // Makes close() a reset: the peer sees an error, not the end of a message.
  void reset_on_close();
  void close() { socket_->close(); }
  [[nodiscard]] bool is_open() const { return socket_->is_open(); }

 private:
  static constexpr unsigned kMostUnbroken = 16;  // reads in a row that did not wait, before others have their turn

  // What an SSL call that returned `result` came to; notes what it waits for. No error: it waits.
  boost::system::error_code tls_outcome(int result, bool reading);
  void say_goodbye();
  [[nodiscard]] bool tls_quiet();

  std::unique_ptr<Poller::Socket> socket_;  // an address of its own: the poller refers to it
  UniqueSsl tls_;
  bool cancelled_ = false;
  unsigned unbroken_ = 0;
};

class Stream::ReadOp final : public Poller::Wait {
 public:
  ReadOp(Stream& stream, boost::asio::mutable_buffer into) : stream_(stream), into_(into) {}

  [[nodiscard]] bool await_ready();
  void await_suspend(std::coroutine_handle<> waiter);
  [[nodiscard]] IoResult await_resume() const { return result_; }

 private:
  bool attempt() override;
  bool attempt_tls();

  Stream& stream_;
  boost::asio::mutable_buffer into_;
  IoResult result_;
};

class Stream::WriteOp final : public Poller::Wait {
 public:
  WriteOp(Stream& stream, std::span<boost::asio::const_buffer> buffers, Sending how)
      : stream_(stream), buffers_(buffers), how_(how) {}

  [[nodiscard]] bool await_ready() { return attempt(); }
  void await_suspend(std::coroutine_handle<> waiter) { stream_.socket_->wait_to_write(*this, waiter); }
  [[nodiscard]] IoResult await_resume() const { return result_; }

 private:
  bool attempt() override;
  bool attempt_tls();
  void advance(std::size_t bytes);

  Stream& stream_;
  std::span<boost::asio::const_buffer> buffers_;
  Sending how_;
  IoResult result_;
};

class Stream::ReadyOp final : public Poller::Wait {
 public:
  enum class For : std::uint8_t {
    bytes,       // to read, which TLS may hold already
    more_input,  // of the socket
    room         // to write
  };
  ReadyOp(Stream& stream, For what) : stream_(stream), what_(what) {}

  [[nodiscard]] bool await_ready() { return attempt(); }
  void await_suspend(std::coroutine_handle<> waiter);
  void await_resume() const {}

 private:
  bool attempt() override;

  Stream& stream_;
  For what_;
};

inline Stream::ReadOp Stream::read_some(boost::asio::mutable_buffer into) { return {*this, into}; }
inline Stream::WriteOp Stream::write(std::span<boost::asio::const_buffer> buffers, Sending how) {
  return {*this, buffers, how};
}
inline Stream::ReadyOp Stream::until_readable() { return {*this, ReadyOp::For::bytes}; }
inline Stream::ReadyOp Stream::until_writable() { return {*this, ReadyOp::For::room}; }

}  // namespace truemirror
