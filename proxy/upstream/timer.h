// A timer of the system that ticks, and that can be waited for like a socket. One thread's, but for tick_now().
#pragma once

#include <chrono>

namespace truemirror {

class Timer {
 public:
  // Stands still. Throws boost::system::system_error where the system has no timer left.
  Timer();
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Positive.
  void start(std::chrono::nanoseconds every);
  void stop();
  // The next tick comes at once. From any thread, start() excepted; after stop() nobody waits for it.
  void tick_now() const;

  // Becomes readable with a tick, and ticks on when that is taken.
  void take() const;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  std::chrono::nanoseconds every_{0};
};

}  // namespace truemirror
