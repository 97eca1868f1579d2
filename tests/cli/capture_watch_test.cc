// What is said of a capture whose disk fills up, and is emptied again.
#include "proxy/cli/capture_watch.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

CaptureStats stats_of(std::uint64_t exchanges, std::uint64_t disk_full) {
  CaptureStats stats;
  stats.exchanges = exchanges;
  stats.segments = 2;
  if (disk_full > 0) {
    stats.dropped["disk_full"] = disk_full;
    stats.last_problem = "capture: c/1.warc.zst.partial: No space left on device";
  }
  return stats;
}

TEST(CaptureWatch, SaysOnceThatExchangesAreLeftOutAndOnceThatTheyAreNot) {
  CaptureWatch watch;
  EXPECT_EQ(watch.look(stats_of(10, 0)), "");
  EXPECT_EQ(watch.look(stats_of(12, 3)),
            "capture: exchanges are left out: disk_full 3 (capture: c/1.warc.zst.partial: No space left on device)");
  EXPECT_TRUE(watch.sheds());
  EXPECT_EQ(watch.look(stats_of(12, 9)), "");
  EXPECT_EQ(watch.look(stats_of(12, 9)), "") << "no traffic is no cure";
  EXPECT_EQ(watch.look(stats_of(14, 9)), "capture: exchanges are written again; left out so far: disk_full 9");
  EXPECT_EQ(watch.look(stats_of(15, 9)), "");
}

TEST(CaptureWatch, TotalsNameWhatIsMissing) {
  EXPECT_EQ(capture_totals("c", stats_of(15, 0)), "capture c: 15 exchanges in 2 segments");
  EXPECT_EQ(capture_totals("c", stats_of(15, 9)), "capture c: 15 exchanges in 2 segments, 9 left out (disk_full 9)");
}

}  // namespace
}  // namespace truemirror
