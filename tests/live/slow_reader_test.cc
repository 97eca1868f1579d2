#include "proxy/live/slow_reader.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

using std::chrono::seconds;

// 100 bytes a second over 10 s, something at least every 30 s; so a waiting write is looked at every 10 s.
LiveLimits limits() {
  LiveLimits out;
  out.response_rate = 100;
  out.rate_grace = seconds(10);
  out.body_timeout = seconds(30);
  return out;
}
const TakenPace::Time kStart = TakenPace::Time{} + std::chrono::hours(1);

TEST(TakenPace, WhoTakesEnoughIsWaitedForWithoutEnd) {
  const LiveLimits allowed = limits();
  TakenPace pace(allowed);
  for (unsigned i = 0; i < 100; ++i) EXPECT_FALSE(pace.look(kStart + i * seconds(10), i * std::uint64_t{1'000}));
}

TEST(TakenPace, WhoTakesTooLittleOverAWindowIsLeft) {
  const LiveLimits allowed = limits();
  TakenPace pace(allowed);
  EXPECT_FALSE(pace.look(kStart, 5'000));  // the first look only remembers
  EXPECT_FALSE(pace.look(kStart + seconds(10), 1'000'000));
  EXPECT_EQ(pace.look(kStart + seconds(20), 1'000'999), Limit::response_rate);
}

TEST(TakenPace, AnotherWaitIsJudgedAnew) {
  const LiveLimits allowed = limits();
  TakenPace pace(allowed);
  EXPECT_FALSE(pace.look(kStart, 0));
  EXPECT_FALSE(pace.look(kStart + seconds(60), 1));  // nothing was written meanwhile, so nothing was owed
  EXPECT_EQ(pace.look(kStart + seconds(70), 2), Limit::response_rate);
}

TEST(TakenPace, WithoutARateSomethingHasToBeTakenNowAndThen) {
  LiveLimits allowed = limits();
  allowed.response_rate = 0;
  TakenPace pace(allowed);
  EXPECT_EQ(TakenPace::look_after(allowed), seconds(15));
  EXPECT_FALSE(pace.look(kStart, 0));
  EXPECT_FALSE(pace.look(kStart + seconds(15), 1));
  EXPECT_FALSE(pace.look(kStart + seconds(30), 1));
  EXPECT_EQ(pace.look(kStart + seconds(45), 1), Limit::body_timeout);
}

}  // namespace
}  // namespace truemirror
