// Blocking loopback sockets for tests: every wait has a deadline of ten seconds, so that a test fails and never hangs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/http/exchange.h"

namespace truemirror::testing {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor);
  Socket(Socket&& other) noexcept : descriptor_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  [[nodiscard]] static Socket connect(std::uint16_t port);
  // Listens on a free loopback port.
  [[nodiscard]] static Socket listen(std::uint16_t& port);
  // Invalid once the listener was shut down.
  [[nodiscard]] Socket accept() const;

  bool send(std::string_view bytes) const;
  // Up to 64 KiB; empty where the peer has closed, reset, or nothing came in time.
  [[nodiscard]] std::string receive() const;
  // Reads until the bytes end in `end`, or nothing more comes; all that was read.
  [[nodiscard]] std::string receive_until(std::string_view end) const;
  void shutdown_send() const;
  void shutdown_both() const;
  // Whether the last receive() ended in a reset, not in an orderly close.
  [[nodiscard]] bool was_reset() const { return reset_; }
  // Makes close() send a reset.
  void reset_on_close() const;
  void close();
  [[nodiscard]] bool valid() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int release();
  int descriptor_ = -1;
  mutable bool reset_ = false;
};

// A client's connection: sends bytes, reads whole responses.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(Socket::connect(port)) {}

  bool send(std::string_view bytes) const { return socket_.send(bytes); }
  // The next response; none where the connection ended before it was whole. Pipelined bytes are kept for the next call.
  [[nodiscard]] std::optional<Response> receive(const std::string& method = "GET");
  [[nodiscard]] std::optional<Response> get(const std::string& target, const std::string& more_headers = "");
  // All bytes until the server closes.
  [[nodiscard]] std::string receive_all();
  [[nodiscard]] Socket& socket() { return socket_; }

 private:
  Socket socket_;
  std::string unread_;
};

}  // namespace truemirror::testing
