#include "proxy/upstream/keep_alive.h"

#include <algorithm>
#include <charconv>

#include "proxy/http/head_scanner.h"

namespace truemirror {
namespace {

using Duration = KeepAlive::Duration;

constexpr std::chrono::seconds kMost = std::chrono::hours(24);
// Connections that an upstream closes when it restarts go together, as fast as it gets to them.
constexpr Duration kInstant = std::chrono::milliseconds(500);
// Ages that differ by no more may be one: timers and busy threads are late.
constexpr Duration kJitter = std::chrono::milliseconds(100);
// What a safe age leaves unused of the time, for the upstream's timer and for threads that wait for a core.
constexpr int kSafePart = 4;
constexpr Duration kSafeLeast = std::chrono::milliseconds(1);
// And for a request that can be sent again: a wrong guess costs a round trip.
constexpr int kUsualPart = 16;
// A time once learned grows by a quarter a second while connections outlive it.
constexpr Duration kRaiseEvery = std::chrono::seconds(1);
constexpr int kRaisePart = 4;

// A request is as long under way as its response was, whose end it is counted from here.
Duration less(Duration time, Duration margin, Duration delay) {
  return std::max(time - margin - 2 * delay, Duration::zero());
}

std::optional<long> number_in(std::string_view text) {
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

void KeepAliveTerms::read(std::string_view field) {
  for_each_element(field, [this](std::string_view term) {
    const std::size_t equals = std::min(term.find('='), term.size());
    const std::optional<long> value = number_in(term.substr(std::min(equals + 1, term.size())));
    if (!value) return;
    const std::string_view name = term.substr(0, equals);
    if (iequals(name, "timeout")) timeout = std::chrono::seconds(std::min(*value, kMost.count()));
    // Of `max=1` one reading is that the next request is the last, another that this one was.
    over = over || (iequals(name, "max") && *value <= 1);
  });
  over = over || timeout == Duration::zero();
}

Duration KeepAlive::believed(const KeepAliveTerms& terms) const {
  if (fixed_) return *fixed_;
  const Duration now_closed = closing_ ? closing_->youngest : Duration::max();
  return std::min({terms.timeout, shortest_closed_, now_closed});
}

Duration KeepAlive::limit(const KeepAliveTerms& terms) const {
  const Duration time = believed(terms);
  return time == Duration::max() ? time : less(time, time / kUsualPart, delay_);
}

Duration KeepAlive::safe_limit(const KeepAliveTerms& terms) const {
  const Duration known = believed(terms);
  const Duration time = known == Duration::max() ? longest_survived_ : known;
  return less(time, time / kSafePart + kSafeLeast, delay_);
}

// Up at once and down slowly: a request meets the delay of now, not that of the mean.
void KeepAlive::connected(Duration took) { delay_ = std::max(took, delay_ - (delay_ - took) / 8); }

void KeepAlive::survived(Duration idle, Time now) {
  longest_survived_ = std::max(longest_survived_, idle);
  settle(now);
  if (idle <= shortest_closed_ || now < raised_again_) return;
  shortest_closed_ = std::min(idle, shortest_closed_ + shortest_closed_ / kRaisePart + kSafeLeast);
  raised_again_ = now + kRaiseEvery;
}

void KeepAlive::closed(Duration idle, Time now) {
  settle(now);
  if (!closing_) closing_ = Closing{now + kInstant, idle, idle};
  closing_->youngest = std::min(closing_->youngest, idle);
  closing_->oldest = std::max(closing_->oldest, idle);
}

// What an upstream closes at one instant, whatever the age, it closes because it ends, and not for the age. Meanwhile
// it is believed.
void KeepAlive::settle(Time now) {
  if (!closing_ || now < closing_->until) return;
  const bool whatever_the_age =
      closing_->youngest < closing_->oldest / 2 && closing_->oldest - closing_->youngest > kJitter;
  if (!whatever_the_age && closing_->youngest < shortest_closed_) {
    shortest_closed_ = closing_->youngest;
    raised_again_ = now + kRaiseEvery;
  }
  closing_.reset();
}

}  // namespace truemirror
