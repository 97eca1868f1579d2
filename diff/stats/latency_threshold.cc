#include "diff/stats/latency_threshold.h"

#include <algorithm>
#include <cmath>

namespace truemirror {

void LatencyThresholds::control(double seconds) {
  if (window_.size() < kWindow) {
    window_.push_back(seconds);
  } else {
    window_[count_ % kWindow] = seconds;
  }
  ++count_;
  if (count_ != next_freeze_) return;
  freeze();
  next_freeze_ += std::min(count_, kWindow);
}

void LatencyThresholds::freeze() {
  std::vector<double> sorted = window_;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < tau_.size(); ++i) {
    const auto rank = static_cast<std::size_t>(std::ceil(kLatencyQuantiles[i] * static_cast<double>(sorted.size())));
    tau_[i] = sorted[rank - 1];
  }
}

}  // namespace truemirror
