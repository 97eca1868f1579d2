#include "proxy/shadow/silence_log.h"

#include "diff/report/arm_answers.h"

namespace truemirror {

std::vector<std::string> SilenceLog::look(const Report& report, Time now) {
  std::vector<std::string> lines;
  look(candidate_, report.candidate, now, lines);
  look(control_, report.control, now, lines);
  return lines;
}

void SilenceLog::look(Arm& arm, const ArmAnswers& answers, Time now, std::vector<std::string>& lines) {
  if (!answers.silent) {
    if (arm.said_at) lines.push_back("the " + std::string(arm.name) + " answers again");
    arm.said_at.reset();
  } else if (!arm.said_at || now - *arm.said_at >= kSaidAgainAfter) {
    lines.push_back(silence_of(arm.name, answers));
    arm.said_at = now;
  }
}

}  // namespace truemirror
