// What the log is told of arms that do not answer: at once, once a minute as long as it lasts, and when it is over.
// Belongs to one thread at a time.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "diff/report/report.h"

namespace truemirror {

class SilenceLog {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kSaidAgainAfter{60};

  // The lines that are due.
  [[nodiscard]] std::vector<std::string> look(const Report& report, Time now);

 private:
  struct Arm {
    const char* name;
    std::optional<Time> said_at{};  // none: it answers
  };
  static void look(Arm& arm, const ArmAnswers& answers, Time now, std::vector<std::string>& lines);

  Arm candidate_{"candidate"}, control_{"control"};
};

}  // namespace truemirror
