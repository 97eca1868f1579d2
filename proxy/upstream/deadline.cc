#include "proxy/upstream/deadline.h"

#include <algorithm>

namespace truemirror {
namespace {

using Time = DeadlineClock::Clock::time_point;
constexpr std::chrono::nanoseconds kTick = DeadlineClock::kTick;

std::int64_t tick_of(Time time) { return time.time_since_epoch() / kTick; }

}  // namespace

DeadlineClock::DeadlineClock() : tick_(tick_of(now_)) {}

void DeadlineClock::advance(Clock::time_point now) {
  const std::int64_t last = std::max(tick_, tick_of(now));
  now_ = now;
  // All that may be due is taken first, the latest ticks first: so the earliest fire first, and none is looked at
  // twice.
  for (std::int64_t tick = std::min(last, tick_ + kBuckets - 1); tick >= tick_; --tick) {
    Watch*& first = bucket(tick);
    while (first != nullptr) {
      Watch& watch = *first;
      watch.unlink();
      watch.link(due_);
    }
  }
  tick_ = last;
  while (due_ != nullptr) {
    Watch& watch = *due_;
    watch.unlink();
    watch.looked_at_ = Clock::time_point::max();
    look_at(watch);
  }
}

void DeadlineClock::look_at(Watch& watch) {
  if (!watch.armed()) return;
  if (watch.at_ > now_) return file(watch);
  watch.disarm();
  watch.expired_ = true;
  watch.fire_(watch.owner_);
}

void DeadlineClock::file(Watch& watch) {
  watch.unlink();
  const std::int64_t tick = std::clamp(tick_of(watch.at_), tick_, tick_ + kBuckets - 1);
  watch.looked_at_ = Time(tick * kTick);
  watch.link(bucket(tick));
}

}  // namespace truemirror
