#include "diff/report/arm_answers.h"

#include <algorithm>

#include "diff/report/phrase.h"

namespace truemirror {
namespace {

constexpr std::size_t kLongest = 200;  // of what is told of an error

// `connection refused (connect http://127.0.0.1:9002)` of `connect http://127.0.0.1:9002: Connection refused`.
std::string failure_words(const Response& response) {
  std::string detail = response.error_detail.substr(0, kLongest);
  if (detail.empty()) return std::string(to_string(response.error));
  const std::size_t cut = detail.rfind(": ");
  if (cut == std::string::npos) return detail;
  std::string words = detail.substr(cut + 2);
  if (words.size() > 1 && words[0] >= 'A' && words[0] <= 'Z' && words[1] >= 'a') words[0] += 'a' - 'A';
  return words + " (" + detail.substr(0, cut) + ")";
}

}  // namespace

void ArmTally::count(const Response& response, WallTime at) {
  ++counts_.asked;
  if (response.ok() || response.status != 0) {
    ++counts_.answered;
    counts_.unanswered = 0;
    last_answer_ = std::max(last_answer_, at);
  } else {
    ++counts_.unanswered;
    counts_.error = failure_words(response);
  }
}

void ArmTally::shed() {
  ++counts_.asked;
  ++counts_.unanswered;
}

// Without an attempt that failed it has not been silent: the first samples of a burst are shed before any answer.
ArmAnswers ArmTally::answers(WallTime now) const {
  ArmAnswers answers = counts_;
  const bool never = answers.answered == 0;
  const bool no_more = answers.unanswered >= kSilentSamples && now - last_answer_ >= kSilentFor;
  answers.silent = !answers.error.empty() && (never || no_more);
  return answers;
}

std::string silence_of(std::string_view arm, const ArmAnswers& answers) {
  if (!answers.silent) return {};
  const std::string which = answers.answered == 0 ? "" : "the last ";
  return "the " + std::string(arm) + " has answered none of " + which + phrase_count(answers.unanswered, "request") +
         ": " + answers.error;
}

std::string silence_of(const Report& report) {
  std::string both = silence_of("candidate", report.candidate);
  const std::string control = silence_of("control", report.control);
  if (!both.empty() && !control.empty()) both += "; ";
  return both + control;
}

}  // namespace truemirror
