#include "proxy/cli/arm_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truemirror {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// An arm that is up or not, and how often it was connected to.
struct Told {
  std::string problem;
  int connects = 0;
  ArmStats stats;
  ArmWatch watch{"candidate http://c", [this] { return ++connects, problem; }};
  ArmWatch::Time now{};

  std::string after(std::chrono::seconds time) { return watch.look(stats, now += time); }
};

TEST(ArmWatch, AnArmThatIsNotThereIsToldAtTheStartAndOnceMoreWhenItIs) {
  Told arm;
  arm.problem = "connect http://c: Connection refused";
  EXPECT_THAT(arm.after({}), StartsWith("candidate http://c cannot be reached: connect http://c: Connection refused"));
  EXPECT_EQ(arm.after(std::chrono::seconds(1)), "");
  EXPECT_EQ(arm.connects, 1);
  EXPECT_EQ(arm.after(std::chrono::seconds(4)), "") << "said already";
  EXPECT_EQ(arm.connects, 2);
  arm.problem.clear();
  EXPECT_EQ(arm.after(std::chrono::seconds(5)), "candidate http://c can be reached");
}

TEST(ArmWatch, AnArmThatIsThereIsLookedAtOnceAndAgainWhenItsBreakerOpens) {
  Told arm;
  for (int second = 0; second < 100; ++second) EXPECT_EQ(arm.after(std::chrono::seconds(1)), "");
  EXPECT_EQ(arm.connects, 1);
  arm.stats.breaker_open = true;
  arm.problem = "no";
  EXPECT_THAT(arm.after(std::chrono::seconds(1)), HasSubstr("cannot be reached: no"));
}

TEST(ArmWatch, WhatItAnswersSaysThatItIsThere) {
  Told arm;
  arm.problem = "no";
  EXPECT_NE(arm.after({}), "");
  arm.stats.attempts = arm.stats.errors = 10;
  EXPECT_EQ(arm.after(std::chrono::seconds(1)), "") << "attempts that failed are no answers";
  arm.stats.attempts = 11;
  EXPECT_EQ(arm.after(std::chrono::seconds(1)), "candidate http://c can be reached");
  EXPECT_EQ(arm.connects, 1);
}

}  // namespace
}  // namespace truemirror
