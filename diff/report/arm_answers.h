// Whether an arm answers at all. One that does not is to be told by what it does, not by the pairs that a verdict would
// still need. Belongs to one thread at a time.
#pragma once

#include <string>
#include <string_view>

#include "diff/report/report.h"

namespace truemirror {

class ArmTally {
 public:
  // An arm that has answered before counts as silent from so many samples in a row and so long on.
  static constexpr std::uint64_t kSilentSamples = 100;
  static constexpr std::chrono::seconds kSilentFor{10};

  // What came of one sample. A response that broke off is an answer, too: somebody is there.
  void count(const Response& response, WallTime at);
  // A sample that was shed on its account: not asked, therefore not answered.
  void shed();
  // `now`: the newest sample of the run.
  [[nodiscard]] ArmAnswers answers(WallTime now) const;

 private:
  ArmAnswers counts_;
  WallTime last_answer_{};
};

// "the candidate has answered none of 1,000 requests: connection refused (connect http://…)"; empty where it answers.
[[nodiscard]] std::string silence_of(std::string_view arm, const ArmAnswers& answers);
// Of both, candidate first; empty where both answer.
[[nodiscard]] std::string silence_of(const Report& report);

}  // namespace truemirror
