#include "proxy/live/slow_reader.h"

#include <algorithm>

namespace truemirror {

std::chrono::nanoseconds TakenPace::look_after(const LiveLimits& limits) {
  const auto half = limits.body_timeout / 2;
  return limits.response_rate == 0 ? half : std::min(half, limits.rate_grace);
}

std::optional<Limit> TakenPace::look(Time now, std::uint64_t taken) {
  const Mark mark{now, taken};
  if (now - last_look_ > look_after(limits_) + 2 * DeadlineClock::kTick) window_ = still_ = mark;
  last_look_ = now;
  if (taken != still_.taken) still_ = mark;
  if (now - still_.at >= limits_.body_timeout) return Limit::body_timeout;
  const std::chrono::duration<double> measured = now - window_.at;
  if (limits_.response_rate == 0 || measured < limits_.rate_grace) return std::nullopt;
  const double least = static_cast<double>(limits_.response_rate) * measured.count();
  if (static_cast<double>(taken - window_.taken) < least) return Limit::response_rate;
  window_ = mark;
  return std::nullopt;
}

SlowReader::SlowReader(Connection& client, const DeadlineClock& clock, const LiveLimits& limits, LiveCounters& counters)
    : client_(client), clock_(clock), limits_(limits), counters_(counters), pace_(limits) {
  client_.write_deadline.call(look, this);
}

void SlowReader::look(void* self) {
  SlowReader& reader = *static_cast<SlowReader*>(self);
  Connection& client = reader.client_;
  const std::optional<Limit> hit = reader.pace_.look(reader.clock_.now(), client.stream.taken_by_peer());
  if (!hit) return client.write_deadline.arm(TakenPace::look_after(reader.limits_));
  reader.counters_.hit(*hit);
  client.stream.reset_on_close();  // frees at once what the kernel still holds for it
  client.stream.close();
}

}  // namespace truemirror
