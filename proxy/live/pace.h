// Whether a peer that is waited for keeps up a least rate. Time counts only while it is waited for: what stable or we
// take is not its fault. Measured over windows, so that a fast beginning is no credit for hours. Pure.
#pragma once

#include <chrono>
#include <cstdint>

namespace truemirror {

class Pace {
 public:
  using Duration = std::chrono::nanoseconds;
  // `rate` in bytes a second, 0: any will do.
  Pace(std::uint64_t rate, Duration window) : rate_(rate), window_(window) {}

  // `bytes` came (or went) after a wait. False where a window has passed with too few.
  [[nodiscard]] bool keeps_up(Duration waited, std::uint64_t bytes) {
    waited_ += waited;
    bytes_ += bytes;
    if (rate_ == 0 || waited_ < window_) return true;
    const double least = static_cast<double>(rate_) * std::chrono::duration<double>(waited_).count();
    const bool enough = static_cast<double>(bytes_) >= least;
    waited_ = Duration{0};
    bytes_ = 0;
    return enough;
  }
  // When to look again at the latest, if nothing comes.
  [[nodiscard]] Duration left() const { return rate_ == 0 ? Duration::max() : window_ - waited_; }

 private:
  std::uint64_t rate_;
  Duration window_;
  Duration waited_{0};
  std::uint64_t bytes_ = 0;
};

}  // namespace truemirror
