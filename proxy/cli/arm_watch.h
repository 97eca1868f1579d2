// Whether an arm can be reached at all, for the log: looked at when the program starts, and again as long as it cannot
// and no answer of its says otherwise. A comparison knows the same of each sample (diff/report/arm_answers.h); this
// says it before there is traffic. Belongs to one thread at a time.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "proxy/shadow/options.h"

namespace truemirror {

class ArmWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kAgainAfter{5};

  // `name`: "candidate http://127.0.0.1:9002". `connect` says why it cannot be reached, or nothing; it may wait.
  ArmWatch(std::string name, std::function<std::string()> connect)
      : name_(std::move(name)), connect_(std::move(connect)) {}

  // Connects where that is due. What is new, for the log; mostly nothing.
  [[nodiscard]] std::string look(const ArmStats& seen, Time now);
  [[nodiscard]] bool reachable() const { return problem_.empty(); }

 private:
  std::string name_;
  std::function<std::string()> connect_;
  std::optional<Time> looked_at_;
  std::uint64_t answers_ = 0;
  std::string problem_;
};

}  // namespace truemirror
