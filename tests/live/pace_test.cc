#include "proxy/live/pace.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

using std::chrono::seconds;

TEST(Pace, IsJudgedOnceAWindowOfWaitingHasPassed) {
  Pace pace(100, seconds(10));
  EXPECT_TRUE(pace.keeps_up(seconds(9), 0));
  EXPECT_EQ(pace.left(), seconds(1));
  EXPECT_FALSE(pace.keeps_up(seconds(1), 999));
}

TEST(Pace, AFastBeginningIsNoCreditForLater) {
  Pace pace(100, seconds(10));
  EXPECT_TRUE(pace.keeps_up(seconds(10), 1'000'000));
  EXPECT_FALSE(pace.keeps_up(seconds(10), 10));
}

TEST(Pace, BytesThatCameWithoutAWaitCount) {
  Pace pace(100, seconds(10));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(pace.keeps_up(seconds(0), 100));
  EXPECT_TRUE(pace.keeps_up(seconds(10), 0));
}

TEST(Pace, WithoutARateNobodyIsTooSlow) {
  Pace pace(0, seconds(10));
  EXPECT_TRUE(pace.keeps_up(std::chrono::hours(1), 0));
  EXPECT_EQ(pace.left(), Pace::Duration::max());
}

}  // namespace
}  // namespace truemirror
