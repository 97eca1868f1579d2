// When recorded requests are due in a replay, and how well that was kept. Open loop: a due time never moves because an
// earlier answer is late (design.md §12). Sans-I/O: the caller has the clock and the sockets. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "capture/captured.h"

namespace truemirror {

struct ScheduleOptions {
  double speed = 1.0;  // recorded offsets are divided by it; > 0
  // Requests a second, evenly spaced, instead of the recorded offsets.
  std::optional<double> rate;
};

// Due times. Requests are asked about in the order of the recording.
class ReplaySchedule {
 public:
  explicit ReplaySchedule(ScheduleOptions options) : options_(options) {}
  // From the start of the replay; the first request is due at 0. Never earlier than that of a request asked about
  // before: a recording whose clock stepped back stays in order.
  [[nodiscard]] Nanoseconds due(WallTime recorded_at);

 private:
  ScheduleOptions options_;
  std::optional<WallTime> first_;
  Nanoseconds last_{0};
  std::uint64_t count_ = 0;
};

// Keeps the order of the requests of one recorded client connection: one is in flight, the others wait for it.
class ConnectionOrder {
 public:
  using Ticket = std::uint64_t;  // the caller's name for a request
  // True: send it now. False: it waits, and comes out of a later finished().
  [[nodiscard]] bool start(std::uint64_t connection, Ticket ticket);
  // The request in flight on the connection has ended; gives the one to send now, if any waits.
  [[nodiscard]] std::optional<Ticket> finished(std::uint64_t connection);
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  std::unordered_map<std::uint64_t, std::deque<Ticket>> connections_;  // those with a request in flight
  std::size_t waiting_ = 0;
};

struct ReplayFidelity {
  std::uint64_t sent = 0;
  double intended_rate = 0;                                       // requests a second, over the due times
  double achieved_rate = 0;                                       // over the times of sending
  Nanoseconds lateness_p50{0}, lateness_p99{0}, lateness_max{0};  // quantiles within 1.6 %, never under
};

// How late requests were sent, in 3 KiB however many there are.
class Lateness {
 public:
  // Both from the start of the replay.
  void add(Nanoseconds due, Nanoseconds sent);
  [[nodiscard]] ReplayFidelity fidelity() const;

 private:
  [[nodiscard]] Nanoseconds quantile(double q) const;
  std::unordered_map<std::uint32_t, std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  Nanoseconds max_{0}, first_due_{0}, last_due_{0}, first_sent_{0}, last_sent_{0};
};

}  // namespace truemirror
