#include "proxy/shadow/drain_pace.h"

#include <algorithm>

namespace truemirror {

bool DrainPace::ready() {
  if (const auto passed = clock_.now() - refilled_; passed.count() > 0) {
    refilled_ = clock_.now();
    const double seconds = std::min(std::chrono::duration<double>(passed).count(), 1e3);
    left_ = std::min(left_ + static_cast<std::int64_t>(seconds * kBytesASecond), kBytesASecond);
  }
  return left_ > 0 && waiting_.empty();
}

void DrainPace::wait(std::coroutine_handle<> waiter) {
  if (waiting_.empty()) refill_.arm(DeadlineClock::kNextTick);
  waiting_.push_back(waiter);
}

void DrainPace::refill(void* self) {
  DrainPace& pace = *static_cast<DrainPace*>(self);
  (void)pace.ready();
  // Each reads, and may come back to wait, behind those that are here now.
  for (std::size_t here = pace.waiting_.size(); here > 0 && pace.left_ > 0; --here) {
    const std::coroutine_handle<> next = pace.waiting_.front();
    pace.waiting_.pop_front();
    next.resume();
  }
  if (!pace.waiting_.empty()) pace.refill_.arm(DeadlineClock::kNextTick);
}

}  // namespace truemirror
