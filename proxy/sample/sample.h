// A sample: a live (or replayed) request chosen for mirroring, with stable's response, complete. And the interface at
// which live traffic ends: a finished sample is given away, never waited for.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/http/exchange.h"
#include "proxy/http/request_framing.h"
#include "proxy/sample/ledger.h"

namespace truemirror {

// Bytes of copies that live at once, over all threads.
class ByteBudget {
 public:
  explicit ByteBudget(std::size_t limit) : limit_(limit) {}
  [[nodiscard]] bool take(std::size_t bytes) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit_) return true;
    give(bytes);
    return false;
  }
  void give(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t limit() const { return limit_; }

 private:
  std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

// What one holder has taken of a budget; given back when it dies.
class Holding {
 public:
  Holding() = default;
  explicit Holding(ByteBudget& budget) : budget_(&budget) {}
  Holding(Holding&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Holding& operator=(Holding&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Holding() {
    if (budget_ != nullptr) budget_->give(bytes_);
  }
  [[nodiscard]] bool grow(std::size_t bytes) {
    if (budget_ != nullptr && !budget_->take(bytes)) return false;
    bytes_ += bytes;
    return true;
  }

 private:
  ByteBudget* budget_ = nullptr;
  std::size_t bytes_ = 0;
};

// Called once when its owner lets go of it.
class Parting {
 public:
  Parting() = default;
  explicit Parting(std::function<void()> call) : call_(std::move(call)) {}
  Parting(Parting&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  Parting& operator=(Parting&& other) noexcept {
    now();
    call_ = std::exchange(other.call_, nullptr);
    return *this;
  }
  ~Parting() { now(); }
  void now() {
    if (const auto call = std::exchange(call_, nullptr)) call();
  }

 private:
  std::function<void()> call_;
};

struct Sample {
  Ledger::Ticket ticket;
  Holding held;                                     // for the bytes below and what the arms add
  std::uint64_t sequence = 0;                       // within the run, from 1
  WallTime at{};                                    // arrival, for people
  std::chrono::steady_clock::time_point arrived{};  // arrival, the zero of all timings
  ConnectionOrdinal connection;
  std::string head;  // request line and fields as stable got them, without transfer framing and blank line
  std::string method, target;
  Body body;               // whole: a request over the copy limit is no sample
  RequestFraming framing;  // as stable got it
  Response stable;
  Parting answered;  // when the arms have answered, or the sample was dropped: replay sends the connection's next then
};

// The end of the live path.
class SampleSink {
 public:
  virtual ~SampleSink() = default;
  // Called with the decision to mirror, before anything is copied. Null where the shadow lane sheds: that is counted
  // then. Never waits.
  [[nodiscard]] virtual std::unique_ptr<Sample> open(std::string_view method, std::string_view target) = 0;
  // Takes complete samples, as many at once as there are: one wake-up is for all of them. Never waits; what cannot be
  // admitted is dropped and counted.
  virtual void hand_over(std::span<std::unique_ptr<Sample>> samples) = 0;
};

}  // namespace truemirror
