// The admin server: metrics, health, the report and the kill switch, for people and tools on this machine.
// Promises (design.md §13): loopback unless a token guards it; a foreign Host or Origin gets nothing; every page has a
// strict policy; connections, bytes and waits are bounded. Runs on a thread of its own and knows the rest by its hooks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "diff/report/report.h"
#include "proxy/http/problem.h"

namespace truemirror {

struct AdminOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 9901;         // 0: any free one
  std::optional<std::string> token;  // `Authorization: Bearer <token>`, asked for everywhere but at the health routes
  std::size_t max_connections = 64;  // one more is closed at once
  std::chrono::milliseconds request_timeout{
      10'000};                               // from the first wait for a request to its last byte; also of a write
  std::chrono::milliseconds refresh{1'000};  // a report or metrics younger than this are given again
  std::function<void()> on_thread_start;     // runs first on the admin thread
};

// All thread-safe; called on the admin thread.
struct AdminHooks {
  std::function<Report()> report;
  std::function<std::string()> metrics;  // Prometheus text (metrics.h)
  std::function<bool()> alive;
  std::function<std::string()> not_ready;  // empty: ready; else the reason
  std::function<bool()> mirroring;
  std::function<void(bool)> set_mirroring;
};

class AdminServer {
 public:
  // Binds and serves. Errors: the address is taken or not ours; a host that is no loopback address without a token.
  [[nodiscard]] static Result<std::unique_ptr<AdminServer>> start(AdminOptions options, AdminHooks hooks);
  // The same errors as of now, without serving.
  [[nodiscard]] static Result<void> can_start(const AdminOptions& options);
  ~AdminServer();  // stops
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // Closes the listener and all connections, and returns when the thread has ended. Idempotent.
  void stop();

 private:
  class Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace truemirror
