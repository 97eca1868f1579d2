// How many connections are open, over all live threads and from each address. Asked when one is accepted and when it
// ends, never for a request: that is why one object may serve all threads (an atomic for the sum; for addresses, where
// they are limited, a map under a mutex). Promise: the sum never exceeds its limit.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "proxy/live/limits.h"

namespace truemirror {

class Admission {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Admission(const LiveLimits& limits)
      : limit_(limits.connections), per_address_(limits.connections_per_address) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // A connection's place; given back when it is destroyed.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept : of_(std::exchange(other.of_, nullptr)), address_(other.address_) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(address_, other.address_);
      return *this;
    }
    ~Place() {
      if (of_ != nullptr) of_->leave(address_);
    }

   private:
    friend class Admission;
    Place(Admission* of, std::uint64_t address) : of_(of), address_(address) {}
    Admission* of_ = nullptr;
    std::uint64_t address_ = 0;
  };
  struct Answer {
    Place place;
    std::optional<Limit> hit;  // set: no place
  };
  [[nodiscard]] Answer enter(const sockaddr_storage& peer, Time now);
  // The process ran out of descriptors, whatever the limits say (others use them up, or the system's own limit was
  // lowered): for a while fewer connections are let in, so that some are left for stable and for who asks whether we
  // are well.
  void out_of_descriptors(Time now);
  [[nodiscard]] std::size_t open() const { return open_.load(std::memory_order_relaxed); }

  // What counts as one address: IPv4 (also as ::ffff:a.b.c.d), or the /64 that an IPv6 host can choose from.
  [[nodiscard]] static std::uint64_t address_of(const sockaddr_storage& peer);

 private:
  void leave(std::uint64_t address);
  [[nodiscard]] std::size_t limit_at(Time now) const;

  const std::size_t limit_, per_address_;
  std::atomic<std::size_t> open_{0};
  std::atomic<std::size_t> lowered_{0};
  std::atomic<Time> lowered_until_{Time{}};
  std::mutex mutex_;
  std::map<std::uint64_t, std::size_t> by_address_;  // ordered: nobody chooses addresses that collide
};

}  // namespace truemirror
