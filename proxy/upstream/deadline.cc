#include "proxy/upstream/deadline.h"

namespace truemirror {

DeadlineClock::DeadlineClock(boost::asio::io_context& io) : timer_(io) {}

void DeadlineClock::start() {
  running_ = true;
  now_ = Clock::now();
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || !running_) return;
    advance(Clock::now());
    if (running_) start();
  });
}

void DeadlineClock::stop() {
  running_ = false;
  timer_.cancel();
}

void DeadlineClock::advance(Clock::time_point now) {
  now_ = now;
  for (Watch* watch = first_; watch != nullptr; watch = scan_next_) {
    scan_next_ = watch->next_;
    if (watch->at_ > now_) continue;
    watch->disarm();
    watch->expired_ = true;
    watch->fire_(watch->owner_);
  }
  scan_next_ = nullptr;
}

DeadlineClock::Watch::Watch(DeadlineClock& clock, Fire fire, void* owner) : clock_(clock), fire_(fire), owner_(owner) {
  next_ = clock_.first_;
  if (next_ != nullptr) next_->previous_ = this;
  clock_.first_ = this;
}

DeadlineClock::Watch::~Watch() {
  if (clock_.scan_next_ == this) clock_.scan_next_ = next_;
  if (previous_ != nullptr) previous_->next_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (clock_.first_ == this) clock_.first_ = next_;
}

}  // namespace truemirror
