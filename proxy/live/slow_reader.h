// Looks after a client that does not take what is written to it: closes it where nothing is taken for body_timeout, or
// less than response_rate over rate_grace. Costs nothing while writes go through: it is called only when one has waited
// for look_after(), and then asks the kernel what the peer has acknowledged, which a small receive window cannot feign
// and a large send buffer cannot hide. Belongs to its session.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "proxy/live/options.h"
#include "proxy/upstream/pool.h"

namespace truemirror {

// What looks at one waiting write after the other come to. Pure.
class TakenPace {
 public:
  using Time = DeadlineClock::Clock::time_point;
  explicit TakenPace(const LiveLimits& limits) : limits_(limits) {}

  // `taken`: bytes that the peer has acknowledged in all. The limit that it has hit; none: look again look_after().
  // A look that comes later than that is the first at another wait, and only remembers.
  [[nodiscard]] std::optional<Limit> look(Time now, std::uint64_t taken);
  [[nodiscard]] static std::chrono::nanoseconds look_after(const LiveLimits& limits);

 private:
  struct Mark {
    Time at{};
    std::uint64_t taken = 0;
  };
  const LiveLimits& limits_;
  Time last_look_{};
  Mark window_, still_;  // since when the rate is measured; since when nothing was taken
};

class SlowReader {
 public:
  // Takes over what `client.write_deadline` does when it fires; all outlive it. Each write arms it with look_after().
  SlowReader(Connection& client, const DeadlineClock& clock, const LiveLimits& limits, LiveCounters& counters);
  SlowReader(const SlowReader&) = delete;
  SlowReader& operator=(const SlowReader&) = delete;

 private:
  static void look(void* self);

  Connection& client_;
  const DeadlineClock& clock_;
  const LiveLimits& limits_;
  LiveCounters& counters_;
  TakenPace pace_;
};

}  // namespace truemirror
