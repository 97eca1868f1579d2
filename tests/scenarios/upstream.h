// An upstream that a test scripts: answers each request by a function, remembers what it was asked. A thread a
// connection.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "proxy/http/exchange.h"
#include "proxy/http/request_framing.h"
#include "tests/scenarios/socket.h"

namespace truemirror::testing {

// What arrived: the request as a value, and its head as it came.
struct Asked {
  Request request;
  std::string head;
  RequestFraming framing;
};

class Upstream {
 public:
  // Answers one request on its connection; false closes it then.
  using Script = std::function<bool(const Asked&, Socket&)>;

  explicit Upstream(Script script, std::uint16_t port = 0);
  ~Upstream();
  Upstream(const Upstream&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<Asked> asked() const;
  // Closes every connection that is open, as a server does that has enough of idle ones.
  void close_connections();

 private:
  void accept_loop();
  void serve(Socket& socket);

  Script script_;
  std::uint16_t port_;
  Socket listener_;
  mutable std::mutex mutex_;
  std::vector<Asked> asked_;
  std::list<Socket> sockets_;
  std::list<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
};

// A server of one connection, written as one conversation: its script gets the accepted socket, and ends it.
class Conversation {
 public:
  explicit Conversation(std::function<void(const Socket&)> script);
  // Waits for the script to end.
  ~Conversation();
  Conversation(const Conversation&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  std::uint16_t port_ = 0;
  Socket listener_;
  std::thread thread_;
};

// "HTTP/1.1 200 OK" with a length and a body.
[[nodiscard]] std::string ok(const std::string& body,
                             const std::string& more_headers = "Content-Type: application/json\r\n");
// Answers everything with the same bytes.
[[nodiscard]] Upstream::Script always(const std::string& bytes);

// What a hostile candidate may do (design.md invariant 1).
[[nodiscard]] Upstream::Script hangs();
[[nodiscard]] Upstream::Script resets_mid_body();
[[nodiscard]] Upstream::Script never_ends();
[[nodiscard]] Upstream::Script talks_garbage();

}  // namespace truemirror::testing
