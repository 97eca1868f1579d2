#include "proxy/upstream/timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdint>

namespace truemirror {
namespace {

timespec spec_of(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  return {seconds.count(), (time - seconds).count()};
}

// Cannot fail: the descriptor is a timer, and the times are valid.
void set(int timer, std::chrono::nanoseconds first, std::chrono::nanoseconds then) {
  const itimerspec times{.it_interval = spec_of(then), .it_value = spec_of(first)};
  (void)::timerfd_settime(timer, 0, &times, nullptr);
}

}  // namespace

Timer::Timer() : descriptor_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (descriptor_ < 0) throw boost::system::system_error(errno, boost::system::system_category(), "timerfd_create");
}

Timer::~Timer() { ::close(descriptor_); }

void Timer::start(std::chrono::nanoseconds every) {
  every_ = every;
  set(descriptor_, every, every);
}

void Timer::stop() { set(descriptor_, {}, {}); }

void Timer::take() const {
  std::uint64_t ticks = 0;
  (void)::read(descriptor_, &ticks, sizeof ticks);  // nothing to take is no failure
}

void Timer::tick_now() const { set(descriptor_, std::chrono::nanoseconds(1), every_); }

}  // namespace truemirror
