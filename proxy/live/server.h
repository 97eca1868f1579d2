// The listening side: N threads, each with its own io_context, listener (SO_REUSEPORT) and sessions.
// bind(), then start(); drain() ends in order, bounded in time. Called from the program's main thread.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "proxy/http/problem.h"
#include "proxy/live/admission.h"
#include "proxy/live/live_thread.h"

namespace truemirror {

class LiveServer {
 public:
  LiveServer(LiveOptions options, LiveContext context);
  ~LiveServer();
  LiveServer(const LiveServer&) = delete;

  // Whether the address is there and free now; as bind() would find it.
  [[nodiscard]] static Result<void> can_listen(const std::string& host, std::uint16_t port);
  // Binds all listeners. Errors: the address is taken, not ours, or needs rights. From here on stats() may be asked.
  [[nodiscard]] Result<void> bind();
  // Starts the threads: connections are accepted. After a bind() that worked.
  void start();
  // The ports in use, once bound; 0: none.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::uint16_t https_port() const { return https_port_; }
  // Stops accepting, lets running exchanges end within `limit`, then closes what is left. Returns when all threads
  // ended.
  void drain(std::chrono::milliseconds limit);

  [[nodiscard]] LiveStats stats() const;
  // Follows a new plan from each thread's next request on.
  void follow(std::shared_ptr<const SamplingPlan> plan);
  // Each thread's next handshakes use it; where there was TLS from the start.
  void follow(const std::shared_ptr<const TlsServer>& tls);
  // A new key for session tickets; due every TicketKeys::kRotation. Error: no random bytes, all stays as it is.
  [[nodiscard]] Result<void> rotate_ticket_keys();

 private:
  class Worker;

  Result<void> bind_all(const LiveOptions::Place& place, bool tls, std::uint16_t& port);

  LiveOptions options_;
  LiveContext context_;
  Admission admission_;
  BufferBudget buffers_;
  std::uint16_t port_ = 0, https_port_ = 0;
  TicketKeys ticket_keys_;  // the newest, of which each thread has a copy
  std::vector<std::unique_ptr<Worker>> workers_;
  bool draining_ = false;
};

}  // namespace truemirror
