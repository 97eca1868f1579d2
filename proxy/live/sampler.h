// Decides which requests are mirrored, before anything is copied: by route, method and chance. A target that may mean
// several paths (http/path_readings.h) is mirrored only if each of them is, at the lowest of their fractions. One a
// live thread; the plan it follows is immutable and shared, the switch is flipped from anywhere.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/path_readings.h"

namespace truemirror {

struct SamplingRoute {
  std::string match;                 // a canonical path pattern (sample/path_pattern.h): `/orders/*`
  std::vector<std::string> methods;  // empty: GET, HEAD and OPTIONS
  std::optional<double> fraction;    // [0, 1]; none: the plan's
};

struct SamplingPlan {
  double fraction = 1.0;              // [0, 1]
  std::vector<SamplingRoute> routes;  // the first that matches decides
};

class Sampler {
 public:
  // `enabled` is the kill switch; it outlives the sampler.
  Sampler(std::shared_ptr<const SamplingPlan> plan, const std::atomic<bool>& enabled, std::uint64_t seed);

  [[nodiscard]] bool choose(std::string_view method, std::string_view target);
  void follow(std::shared_ptr<const SamplingPlan> plan) { plan_ = std::move(plan); }

 private:
  [[nodiscard]] double chance();  // [0, 1)

  std::shared_ptr<const SamplingPlan> plan_;
  const std::atomic<bool>& enabled_;
  PathReadings readings_;
  std::uint64_t state_;
};

}  // namespace truemirror
