// How long an upstream keeps idle connections, told and learned. Stories without sockets: what happened at which time,
// and how long a connection may have idled then.
#include "proxy/upstream/keep_alive.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

using namespace std::chrono_literals;
using Duration = KeepAlive::Duration;

constexpr KeepAlive::Time at(Duration time) { return KeepAlive::Time{1h + time}; }
constexpr Duration kAnyTime = Duration::max();
const KeepAliveTerms kNothing;

KeepAliveTerms told(std::string_view field) {
  KeepAliveTerms terms;
  terms.read(field);
  return terms;
}

TEST(KeepAliveTerms, TheFieldIsReadAsServersWriteIt) {
  struct {
    std::string_view field;
    Duration timeout;
    bool over;
  } const cases[] = {{"timeout=5", 5s, false},
                     {"timeout=5, max=100", 5s, false},
                     {"Timeout=5,max=2", 5s, false},
                     {"timeout=\"5\"", 5s, false},
                     {"max=1", kAnyTime, true},
                     {"max=0, timeout=15", 15s, true},
                     {"timeout=0", 0s, true},
                     {"timeout=", kAnyTime, false},
                     {"timeout=5.5", kAnyTime, false},
                     {"timeout=-1, max=-1", kAnyTime, false},
                     {"timeout=99999999999", 24h, false},
                     {"timeout, max, x=1, =, ,", kAnyTime, false}};
  for (const auto& each : cases) {
    EXPECT_EQ(told(each.field).timeout, each.timeout) << each.field;
    EXPECT_EQ(told(each.field).over, each.over) << each.field;
  }
}

TEST(KeepAliveTerms, WhatALaterResponseDoesNotMentionStays) {
  KeepAliveTerms terms = told("timeout=5, max=3");
  terms.read("max=2");
  EXPECT_EQ(terms.timeout, 5s);
  EXPECT_FALSE(terms.over);
}

TEST(KeepAlive, OfAnUpstreamThatIsNotKnownNoAgeIsSafe) {
  const KeepAlive keep_alive;
  EXPECT_EQ(keep_alive.limit(kNothing), kAnyTime);
  EXPECT_EQ(keep_alive.safe_limit(kNothing), 0s);
}

TEST(KeepAlive, WhatHasSurvivedShowsWhichAgeIsSafe) {
  KeepAlive keep_alive;
  keep_alive.survived(4s, at(10s));
  keep_alive.survived(1s, at(11s));
  EXPECT_GT(keep_alive.safe_limit(kNothing), 2s);
  EXPECT_LT(keep_alive.safe_limit(kNothing), 4s);
}

TEST(KeepAlive, WhatTheUpstreamSaysIsHeededWithRoomForARequestOnItsWay) {
  KeepAlive keep_alive;
  const KeepAliveTerms terms = told("timeout=5");
  keep_alive.connected(100ms);
  EXPECT_LT(keep_alive.limit(terms), 5s - 2 * 100ms);
  EXPECT_GT(keep_alive.limit(terms), 4s);
  EXPECT_LT(keep_alive.safe_limit(terms), keep_alive.limit(terms));
  EXPECT_GT(keep_alive.safe_limit(terms), 3s);
}

TEST(KeepAlive, ADelayIsBelievedAtOnceAndForgottenSlowly) {
  KeepAlive keep_alive;
  const KeepAliveTerms terms = told("timeout=5");
  const Duration near = keep_alive.limit(terms);
  keep_alive.connected(800ms);
  const Duration far = keep_alive.limit(terms);
  keep_alive.connected(0ms);
  EXPECT_LT(far, near - 1s);
  EXPECT_GT(keep_alive.limit(terms), far);
  EXPECT_LT(keep_alive.limit(terms), near - 1s);
  for (int times = 0; times < 100; ++times) keep_alive.connected(0ms);
  EXPECT_GT(keep_alive.limit(terms), near - 1ms);
}

TEST(KeepAlive, AnUpstreamThatClosesAfterASecondIsBelieved) {
  KeepAlive keep_alive;
  keep_alive.closed(1'002ms, at(1s));
  keep_alive.closed(1'001ms, at(3s));
  EXPECT_LT(keep_alive.limit(kNothing), 1s);
  EXPECT_GT(keep_alive.limit(kNothing), 900ms);
  EXPECT_LT(keep_alive.safe_limit(kNothing), 800ms);
  EXPECT_GT(keep_alive.safe_limit(kNothing), 600ms);
}

TEST(KeepAlive, TheLastOfABurstAreClosedTogetherAndThatIsTheirAge) {
  KeepAlive keep_alive;
  for (int each = 0; each < 40; ++each) keep_alive.closed(5s + each * 1ms, at(6s + each * 1ms));
  keep_alive.survived(1s, at(10s));
  EXPECT_LT(keep_alive.limit(kNothing), 5s);
  EXPECT_GT(keep_alive.limit(kNothing), 4s);
}

TEST(KeepAlive, WhatIsClosedSoonerThanToldCounts) {
  KeepAlive keep_alive;
  keep_alive.closed(3ms, at(1s));
  EXPECT_LT(keep_alive.limit(told("timeout=5")), 3ms);
  EXPECT_LT(keep_alive.safe_limit(told("timeout=5")), 2ms);
}

TEST(KeepAlive, ARestartClosesAllWhateverTheirAgeAndTeachesNothing) {
  KeepAlive keep_alive;
  keep_alive.survived(20s, at(0s));
  const Duration before = keep_alive.safe_limit(kNothing);
  for (const Duration idle : {Duration(2ms), Duration(300ms), Duration(4s), Duration(20s)})
    keep_alive.closed(idle, at(1s));
  EXPECT_LT(keep_alive.limit(kNothing), 2ms) << "while it goes on";
  keep_alive.survived(1ms, at(2s));
  EXPECT_EQ(keep_alive.limit(kNothing), kAnyTime);
  EXPECT_EQ(keep_alive.safe_limit(kNothing), before);
}

TEST(KeepAlive, OneSweepOverTheOldestIsNoRestart) {
  KeepAlive keep_alive;  // Tomcat looks for what is too old once a second
  for (const Duration idle : {Duration(1'100ms), Duration(1'500ms), Duration(1'950ms)}) keep_alive.closed(idle, at(5s));
  keep_alive.survived(900ms, at(6s));
  EXPECT_LT(keep_alive.limit(kNothing), 1'100ms);
}

TEST(KeepAlive, ATimeOfMillisecondsThatComesLateIsNoRestart) {
  KeepAlive keep_alive;
  for (const Duration idle : {Duration(3ms), Duration(4ms), Duration(20ms)}) keep_alive.closed(idle, at(1s));
  keep_alive.survived(1ms, at(2s));
  EXPECT_LT(keep_alive.limit(kNothing), 3ms);
}

TEST(KeepAlive, OneCloseThatWasNoTimeIsForgottenSlowlyWhileOthersOutliveIt) {
  KeepAlive keep_alive;
  keep_alive.closed(10ms, at(0s));
  int seconds = 1;
  for (; keep_alive.limit(kNothing) < 900ms; ++seconds) {
    for (int request = 0; request < 100; ++request) keep_alive.survived(1s, at(seconds * 1s));
    ASSERT_LT(seconds, 60);
  }
  EXPECT_GT(seconds, 10);
}

TEST(KeepAlive, WhatOutlivesATimeByAJitterRaisesItByNoMore) {
  KeepAlive keep_alive;
  keep_alive.closed(1s, at(0s));
  for (int second = 1; second < 100; ++second) keep_alive.survived(1'003ms, at(second * 1s));
  EXPECT_LT(keep_alive.limit(kNothing), 1s);
}

TEST(KeepAlive, ASettingStandsWhateverIsToldOrShown) {
  KeepAlive keep_alive(2s);
  keep_alive.closed(3ms, at(1s));
  keep_alive.survived(20s, at(5s));
  for (const KeepAliveTerms& terms : {kNothing, told("timeout=1")}) {
    EXPECT_LT(keep_alive.limit(terms), 2s);
    EXPECT_GT(keep_alive.limit(terms), 1'800ms);
    EXPECT_GT(keep_alive.safe_limit(terms), 1'400ms);
  }
}

}  // namespace
}  // namespace truemirror
