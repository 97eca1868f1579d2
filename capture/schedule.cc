#include "capture/schedule.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

namespace truemirror {
namespace {

// 64 buckets to each power of two, so that a bucket's upper end is within 1/64 of its lower.
constexpr unsigned kSubBits = 6;

std::uint32_t bucket_of(std::uint64_t value) {
  if (value < (1u << kSubBits)) return static_cast<std::uint32_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
  return (shift << kSubBits) + static_cast<std::uint32_t>(value >> shift);
}

std::uint64_t bucket_top(std::uint32_t bucket) {
  if (bucket < (2u << kSubBits)) return bucket;
  const unsigned shift = (bucket >> kSubBits) - 1;
  const std::uint64_t mantissa = bucket - (std::uint64_t{shift} << kSubBits);
  return ((mantissa + 1) << shift) - 1;
}

double rate_over(std::uint64_t count, Nanoseconds span) {
  const double seconds = std::chrono::duration<double>(span).count();
  return count < 2 || seconds <= 0 ? 0 : static_cast<double>(count - 1) / seconds;
}

// A day's recording at a speed of 1e-9 would leave 64 bits.
Nanoseconds scaled(double nanoseconds) {
  constexpr double kLimit = 9.0e18;
  return Nanoseconds(static_cast<std::int64_t>(std::clamp(nanoseconds, 0.0, kLimit)));
}

}  // namespace

Nanoseconds ReplaySchedule::due(WallTime recorded_at) {
  if (!first_) first_ = recorded_at;
  const double offset = options_.rate ? static_cast<double>(count_) * 1e9 / *options_.rate
                                      : static_cast<double>((recorded_at - *first_).count()) / options_.speed;
  ++count_;
  last_ = std::max(last_, scaled(offset));
  return last_;
}

bool ConnectionOrder::start(std::uint64_t connection, Ticket ticket) {
  const auto [at, idle] = connections_.try_emplace(connection);
  if (idle) return true;
  at->second.push_back(ticket);
  ++waiting_;
  return false;
}

std::optional<ConnectionOrder::Ticket> ConnectionOrder::finished(std::uint64_t connection) {
  const auto at = connections_.find(connection);
  if (at == connections_.end()) return std::nullopt;
  if (at->second.empty()) {
    connections_.erase(at);
    return std::nullopt;
  }
  const Ticket next = at->second.front();
  at->second.pop_front();
  --waiting_;
  return next;
}

void Lateness::add(Nanoseconds due, Nanoseconds sent) {
  const Nanoseconds late = std::max(sent - due, Nanoseconds(0));
  ++buckets_[bucket_of(static_cast<std::uint64_t>(late.count()))];
  if (count_++ == 0) {
    first_due_ = last_due_ = due;
    first_sent_ = last_sent_ = sent;
  }
  max_ = std::max(max_, late);
  first_due_ = std::min(first_due_, due);
  last_due_ = std::max(last_due_, due);
  first_sent_ = std::min(first_sent_, sent);
  last_sent_ = std::max(last_sent_, sent);
}

Nanoseconds Lateness::quantile(double q) const {
  const std::map<std::uint32_t, std::uint64_t> ordered(buckets_.begin(), buckets_.end());
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (const auto& [bucket, count] : ordered) {
    seen += count;
    if (seen >= rank) return std::min(max_, Nanoseconds(static_cast<std::int64_t>(bucket_top(bucket))));
  }
  return max_;
}

ReplayFidelity Lateness::fidelity() const {
  return {count_,
          rate_over(count_, last_due_ - first_due_),
          rate_over(count_, last_sent_ - first_sent_),
          quantile(0.5),
          quantile(0.99),
          max_};
}

}  // namespace truemirror
