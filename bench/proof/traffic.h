// Made-up production traffic: pairs of answers whose noise is known, so that what a judge says of them can be marked
// right or wrong. Latencies are heavy-tailed and shared in part by all arms (a large order is slow for everybody);
// instances pause, fail or serve stale data for a while, each on its own; shared dependencies fail for all; fields
// flap. Deterministic for a seed. Belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "diff/comparison.h"

namespace truemirror::proof {

// What is wrong with the candidate; nothing by default, so that both arms are the same software.
struct Regression {
  double divergence = 0;  // share of pairs with a field that only the candidate has wrong
  double errors = 0;      // share of pairs that only the candidate answers with 500
  double tail = 1;        // the slowest tenth of its answers take this times as long
};

struct TrafficOptions {
  double pairs_per_second = 20;
  // Disturbances of one instance last this long, in seconds, evenly between both; none where `longest` is 0.
  double shortest = 0, longest = 0;
  double undisturbed = 20;  // seconds from one disturbance of an instance to the next, on average
  bool flapping = true;     // fields that differ now and then, steadily; else disturbances alone make noise
  Regression regression;
};

class Traffic {
 public:
  static constexpr std::size_t kEndpoints = 3;

  Traffic(const TrafficOptions& options, std::uint64_t seed);
  // The next pair, into `pair`, all of whose fields that matter are set. Seconds since the start are `pair.at`.
  void next(Comparison& pair);
  // Seconds since the start of the pair that was made last.
  [[nodiscard]] double now() const { return now_; }

 private:
  enum class Trouble : std::uint8_t { none, pause, failing, stale };
  struct Instance {
    double from = 0, until = 0;  // of the disturbance that comes next, or is
    Trouble trouble = Trouble::none;
  };
  void advance(Instance& instance, bool shared);
  void answer(const Instance& instance, double seconds, Response& into);
  void flap(std::vector<Divergence>& divergences, const Instance& instance);
  bool chance(double p) { return uniform_(random_) < p; }

  TrafficOptions options_;
  std::mt19937_64 random_;
  std::uniform_real_distribution<double> uniform_{0, 1};
  std::normal_distribution<double> normal_{0, 1};
  Instance stable_, candidate_, control_, dependency_;
  std::vector<Divergence> steady_, rare_;  // fields that flap
  Divergence stale_, wrong_, status_;
  double now_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace truemirror::proof
