// Deadlines for everything that waits on the network, from one coarse timer a thread (the poller's) instead of one a
// request. A wheel of buckets, each a tick long: arming is a store, a tick looks at what is due then and at nothing
// else. What is armed for later than before stays in its bucket, and moves on when that one is looked at, so that a
// deadline set anew with each message costs no more than that. Precise to the tick. Allocates nothing. Belongs to one
// thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace truemirror {

class DeadlineClock {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kTick{50};
  // Fires at the next tick, whose time is never exactly a tick later.
  static constexpr std::chrono::milliseconds kNextTick = kTick / 2;

  DeadlineClock();
  DeadlineClock(const DeadlineClock&) = delete;

  // The time of the last tick.
  [[nodiscard]] Clock::time_point now() const { return now_; }

  // Fires what is due at `now`, each at most once: for the poller, and for tests that have a time of their own. What is
  // armed from there is looked at the next time.
  void advance(Clock::time_point now);

  // One deadline of one owner. When it passes, `fire(owner)` is called once on the clock's thread; it normally closes a
  // socket, whose pending operation then ends. The watch may be destroyed or armed anew from there.
  class Watch {
   public:
    using Fire = void (*)(void* owner);
    Watch(DeadlineClock& clock, Fire fire, void* owner) : clock_(clock), fire_(fire), owner_(owner) {}
    ~Watch() { unlink(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    void arm(std::chrono::nanoseconds from_now) {
      at_ = clock_.now_ + from_now;
      expired_ = false;
      if (at_ < looked_at_) clock_.file(*this);
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
    void unlink() {
      if (place_ == nullptr) return;
      *place_ = next_;
      if (next_ != nullptr) next_->place_ = place_;
      place_ = nullptr;
    }
    void link(Watch*& first) {
      next_ = first;
      if (next_ != nullptr) next_->place_ = &next_;
      place_ = &first;
      first = this;
    }

    DeadlineClock& clock_;
    Fire fire_;
    void* owner_;
    Clock::time_point at_ = Clock::time_point::max();
    Clock::time_point looked_at_ = Clock::time_point::max();  // when its bucket is; max: it is in none
    Watch* next_ = nullptr;
    Watch** place_ = nullptr;  // what points here
    bool expired_ = false;
  };

 private:
  // Reaches over the usual deadlines; who is armed for later is looked at once a round.
  static constexpr std::int64_t kBuckets = 2048;

  [[nodiscard]] Watch*& bucket(std::int64_t tick) {
    return buckets_[static_cast<std::size_t>(tick) % static_cast<std::size_t>(kBuckets)];
  }
  void file(Watch& watch);
  void look_at(Watch& watch);

  Clock::time_point now_ = Clock::now();
  std::int64_t tick_;  // the first that is not over; what is due in it is looked at again
  std::array<Watch*, kBuckets> buckets_{};
  Watch* due_ = nullptr;  // what the running advance() has still to look at
};

}  // namespace truemirror
