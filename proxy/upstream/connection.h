// One connection: its bytes, the deadlines that close it, and what its pool knows of it. One thread's.
#pragma once

#include <chrono>
#include <string_view>
#include <utility>

#include "proxy/upstream/deadline.h"
#include "proxy/upstream/keep_alive.h"
#include "proxy/upstream/stream.h"

namespace truemirror {

class Pool;

// Counts a connection of a pool's that is open.
class OpenSlot {
 public:
  OpenSlot() = default;
  explicit OpenSlot(Pool& pool);
  OpenSlot(OpenSlot&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)) {}
  OpenSlot& operator=(OpenSlot&& other) noexcept {
    std::swap(pool_, other.pool_);
    return *this;
  }
  ~OpenSlot();

 private:
  Pool* pool_ = nullptr;
};

struct Connection {
  using Clock = std::chrono::steady_clock;

  Connection(Stream s, DeadlineClock& clock);

  // What a response says in its Keep-Alive field; empty where it has none.
  void heed(std::string_view keep_alive) {
    if (!keep_alive.empty()) terms.read(keep_alive);
  }
  // The response's last byte has been read, and the request's was sent before: the upstream counts its time from here.
  // Where nobody says so it is counted from release(), which is late where a client takes its time.
  void falls_idle() { idle_since = Clock::now(); }

  Stream stream;
  DeadlineClock::Watch deadline;        // of reads, or of a whole exchange
  DeadlineClock::Watch write_deadline;  // of writes that go on while something is read
  OpenSlot slot;
  bool reused = false;            // at least one request went over it before
  bool between_messages = false;  // nothing is cut off by a close: under TLS it says so
  KeepAliveTerms terms;
  Clock::time_point idle_since{};         // epoch: it is in use
  std::chrono::nanoseconds had_idled{0};  // before the request that it is used for
};

}  // namespace truemirror
