// How many interim (1xx) responses one exchange may have before its final one: any number that comes slowly enough. A
// long job says 102 every few seconds for hours (RFC 2518 §10.1), an upload 104 with each part; a server gone wrong
// says 100 without end. So their bytes are taken from a bucket, which fills again with time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace truemirror {

class InterimBudget {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kAtOnce = 256u << 10;    // bytes of heads
  static constexpr std::size_t kPerSecond = 16u << 10;  // that come back

  // Begins another exchange.
  void start() { left_ = kAtOnce; }
  // Takes another head of that many bytes. False where that is too much. `now` never goes back; who gives the same
  // each time (since a deadline bounds the whole exchange) gets no byte back.
  [[nodiscard]] bool take(std::size_t bytes, Clock::time_point now) {
    if (left_ < kAtOnce) {
      // Longer than this fills any bucket.
      const auto waited = std::min<Clock::duration>(now - last_, std::chrono::seconds(kAtOnce / kPerSecond));
      const auto back = std::chrono::duration_cast<std::chrono::milliseconds>(waited).count() * kPerSecond / 1000;
      left_ = std::min<std::size_t>(kAtOnce, left_ + static_cast<std::size_t>(back));
    }
    last_ = now;
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  std::size_t left_ = kAtOnce;
  Clock::time_point last_{};
};

}  // namespace truemirror
