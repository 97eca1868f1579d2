#include "proxy/live/refusals.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "proxy/http/head_writer.h"

namespace truemirror {
namespace {

constexpr std::chrono::seconds kHalfOpenFor{1};
constexpr std::size_t kSwallowed = 1u << 20;

int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

// Bytes that nobody read turn a close into a reset.
void swallow_and_close(int descriptor) {
  if (descriptor < 0) return;
  (void)::recv(descriptor, nullptr, kSwallowed, MSG_TRUNC | MSG_DONTWAIT);  // none there is no failure
  ::close(descriptor);
}

}  // namespace

Refusals::Refusals(DeadlineClock& clock)
    : text_(error_response(503, "overloaded", "no connection is free; try again soon", true, "")),
      spare_(open_spare()),
      closing_(clock, [](void* self) { static_cast<Refusals*>(self)->close_all(); }, this) {
  half_open_.fill(-1);
}

Refusals::~Refusals() {
  close_all();
  if (spare_ >= 0) ::close(spare_);
}

void Refusals::answer(int descriptor, bool answered) const {
  // A client that does not take it at once has had its chance.
  if (answered) (void)::send(descriptor, text_.data(), text_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  (void)::shutdown(descriptor, SHUT_WR);
}

void Refusals::refuse(int descriptor, bool answered) {
  answer(descriptor, answered);
  swallow_and_close(std::exchange(half_open_.at(next_), descriptor));
  next_ = (next_ + 1) % kHalfOpen;
  closing_.arm(kHalfOpenFor);
}

bool Refusals::refuse_next(int listener, bool answered) {
  close_all();
  if (spare_ >= 0) ::close(std::exchange(spare_, -1));
  const int descriptor = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor >= 0) {
    answer(descriptor, answered);
    swallow_and_close(descriptor);
  }
  spare_ = open_spare();
  return descriptor >= 0;
}

void Refusals::close_all() {
  for (int& each : half_open_) swallow_and_close(std::exchange(each, -1));
}

}  // namespace truemirror
