// Bounds what an arm's long responses cost. Bytes beyond the copy limit are only counted and hashed, and a candidate
// that sends them as fast as they are read would have a whole core for it, in 4 KiB pieces, beside the live thread that
// has none to spare. So an arm gets `kBytesASecond` of them on each shadow thread, a second's worth at once after a
// pause, in the order in which they are waited for; what waits gathers in the socket, and costs a fraction when it is
// read at once. Belongs to one thread.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <deque>

#include "proxy/upstream/deadline.h"

namespace truemirror {

class DrainPace {
 public:
  static constexpr std::int64_t kBytesASecond = 64 << 20;

  explicit DrainPace(DeadlineClock& clock) : clock_(clock), refill_(clock, refill, this) {}
  DrainPace(const DrainPace&) = delete;

  // Awaited before a read: until there is something left. Whoever waits must not be destroyed.
  class Turn {
   public:
    explicit Turn(DrainPace& pace) : pace_(pace) {}
    [[nodiscard]] bool await_ready() { return pace_.ready(); }
    void await_suspend(std::coroutine_handle<> waiter) { pace_.wait(waiter); }
    void await_resume() const {}

   private:
    DrainPace& pace_;
  };
  [[nodiscard]] Turn turn() { return Turn(*this); }
  // What was read then. It may be more than was left: those who come next wait for that, too.
  void spent(std::size_t bytes) { left_ -= static_cast<std::int64_t>(bytes); }

 private:
  bool ready();
  void wait(std::coroutine_handle<> waiter);
  static void refill(void* self);

  DeadlineClock& clock_;
  DeadlineClock::Watch refill_;  // armed while anyone waits
  DeadlineClock::Clock::time_point refilled_ = clock_.now();
  std::int64_t left_ = kBytesASecond;
  std::deque<std::coroutine_handle<>> waiting_;
};

}  // namespace truemirror
