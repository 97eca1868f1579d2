// What all threads know of one arm: how many requests are under way, which validators it has issued, and whether its
// breaker is open. The breaker opens on connect failures in a row, and lets one sample through every so often to see
// whether the arm is back. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "proxy/shadow/options.h"
#include "proxy/shadow/validators.h"

namespace truemirror {

class ArmState {
 public:
  using Clock = std::chrono::steady_clock;

  ArmState(unsigned failures_to_open, std::chrono::milliseconds probe_every)
      : failures_to_open_(failures_to_open), probe_every_(probe_every) {}

  // Whether a sample may go to this arm now; a true answer of an open breaker is the probe.
  [[nodiscard]] bool admits() {
    if (!open()) return true;
    const auto now = Clock::now();
    auto due = next_probe_.load(std::memory_order_relaxed);
    return now >= due && next_probe_.compare_exchange_strong(due, now + probe_every_, std::memory_order_relaxed);
  }
  [[nodiscard]] bool open() const { return failures_.load(std::memory_order_relaxed) >= failures_to_open_; }

  [[nodiscard]] std::size_t slots() const { return slots_.load(std::memory_order_relaxed); }
  void take_slot() { slots_.fetch_add(1, std::memory_order_relaxed); }
  void give_slot() { slots_.fetch_sub(1, std::memory_order_relaxed); }

  // How an attempt went. Only failing to connect counts against the breaker: an arm that answers slowly or wrongly is
  // there, and what it does is what we came to see.
  void attempted(bool connected, bool failed) {
    attempts_.fetch_add(1, std::memory_order_relaxed);
    if (failed) errors_.fetch_add(1, std::memory_order_relaxed);
    if (connected) {
      if (failures_.load(std::memory_order_relaxed) != 0) failures_.store(0, std::memory_order_relaxed);
    } else if (failures_.fetch_add(1, std::memory_order_relaxed) + 1 == failures_to_open_) {
      next_probe_.store(Clock::now() + probe_every_, std::memory_order_relaxed);
    }
  }

  // A kept connection was reset, and a safe request goes out again.
  void asked_again() { repeats_.fetch_add(1, std::memory_order_relaxed); }

  [[nodiscard]] Validators& validators() { return validators_; }

  [[nodiscard]] ArmStats stats() const {
    return {.in_flight = slots(),
            .attempts = attempts_.load(std::memory_order_relaxed),
            .errors = errors_.load(std::memory_order_relaxed),
            .repeats = repeats_.load(std::memory_order_relaxed),
            .breaker_open = open()};
  }

 private:
  unsigned failures_to_open_;
  std::chrono::milliseconds probe_every_;
  std::atomic<unsigned> failures_{0};
  std::atomic<Clock::time_point> next_probe_{Clock::time_point{}};
  std::atomic<std::size_t> slots_{0};
  std::atomic<std::uint64_t> attempts_{0}, errors_{0}, repeats_{0};
  Validators validators_;
};

}  // namespace truemirror
