// Deadlines for everything that waits on the network, from one coarse timer a thread instead of one timer a request:
// arming is a store, a tick looks at all watches. Precise to the tick. Belongs to one thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace truemirror {

class DeadlineClock {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kTick{50};

  explicit DeadlineClock(boost::asio::io_context& io);
  DeadlineClock(const DeadlineClock&) = delete;

  // The time of the last tick.
  [[nodiscard]] Clock::time_point now() const { return now_; }

  // Starts ticking; ends with stop(), without which io_context::run() would not return.
  void start();
  void stop();
  // Fires what is due at `now`: for the timer, and for tests that have a time of their own and never start the clock.
  void advance(Clock::time_point now);

  // One deadline of one owner. When it passes, `fire(owner)` is called once on the clock's thread; it normally closes a
  // socket, whose pending operation then ends. The watch may be destroyed or armed anew from there.
  class Watch {
   public:
    using Fire = void (*)(void* owner);
    Watch(DeadlineClock& clock, Fire fire, void* owner);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    void arm(std::chrono::nanoseconds from_now) {
      at_ = clock_.now_ + from_now;
      expired_ = false;
    }
    void disarm() { at_ = Clock::time_point::max(); }
    // Has `fire(owner)` called instead from now on.
    void call(Fire fire, void* owner) {
      fire_ = fire;
      owner_ = owner;
    }
    // When it fires; time_point::max(): not armed.
    [[nodiscard]] Clock::time_point at() const { return at_; }
    [[nodiscard]] bool armed() const { return at_ != Clock::time_point::max(); }
    // Whether it fired since it was last armed.
    [[nodiscard]] bool expired() const { return expired_; }

   private:
    friend class DeadlineClock;
    DeadlineClock& clock_;
    Fire fire_;
    void* owner_;
    Clock::time_point at_ = Clock::time_point::max();
    bool expired_ = false;
    Watch* next_ = nullptr;
    Watch* previous_ = nullptr;
  };

 private:
  boost::asio::steady_timer timer_;
  Clock::time_point now_ = Clock::now();
  Watch* first_ = nullptr;
  Watch* scan_next_ = nullptr;  // where the running scan goes on: a watch that is destroyed meanwhile moves it
  bool running_ = false;
};

}  // namespace truemirror
