#include "proxy/shadow/silence_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SilenceLog, AnArmThatAnswersNothingIsToldAtOnceThenOnceAMinuteAndWhenItIsOver) {
  SilenceLog log;
  Report report;
  SilenceLog::Time now{};
  EXPECT_THAT(log.look(report, now), IsEmpty());
  report.candidate = {.asked = 7, .answered = 0, .unanswered = 7, .silent = true, .error = "connection refused"};
  EXPECT_THAT(log.look(report, now), ElementsAre("the candidate has answered none of 7 requests: connection refused"));
  report.candidate.asked = report.candidate.unanswered = 451'212;
  EXPECT_THAT(log.look(report, now + std::chrono::seconds(59)), IsEmpty());
  EXPECT_THAT(log.look(report, now + std::chrono::seconds(60)),
              ElementsAre("the candidate has answered none of 451,212 requests: connection refused"));
  report.candidate.silent = false;
  EXPECT_THAT(log.look(report, now + std::chrono::seconds(61)), ElementsAre("the candidate answers again"));
  EXPECT_THAT(log.look(report, now + std::chrono::seconds(62)), IsEmpty());
}

}  // namespace
}  // namespace truemirror
