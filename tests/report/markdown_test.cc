// The report for a pull request's comment: nothing of the traffic is markup, a mention or the end of a table's cell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "diff/report/render.h"
#include "harmless.h"
#include "sample_report.h"

namespace truemirror {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(ReportMarkdown, LeadsWithTheVerdictAndHoldsTheProven) {
  const std::string text = render_markdown(rich_report());
  EXPECT_THAT(text, StartsWith("## truemirror: ❌ **fail**\n\n7 proven findings in 6 issues"));
  EXPECT_THAT(text,
              HasSubstr("| GET /products/{id} | `body/price` | value number→number | 1,204 of 3,120 | E = 6.6e82 | "
                        "`0.1` | `0.10000000000000001` |"));
  EXPECT_THAT(text, HasSubstr("| p99 | 301 ms | 75.1 ms | ×4.00 |"));
}

TEST(ReportMarkdown, TrafficIsText) {
  Report report = rich_report();
  report.reasons = {"<img src=x onerror=alert(1)> @everyone #1 [x](http://evil) `code` **bold** | cell"};
  const std::string text = render_markdown(report);
  EXPECT_THAT(text,
              HasSubstr("- &lt;img src=x onerror=alert\\(1\\)&gt; &#64;everyone &#35;1 \\[x\\]\\(http&#58;//evil\\) "
                        "\\`code\\` \\*\\*bold\\*\\* \\| cell\n"));
}

TEST(ReportMarkdown, ACodeSpanCannotBeClosedFromWithin) {
  Report report = rich_report();
  report.findings[0].location = "body/```x`<b>";
  EXPECT_THAT(render_markdown(report), HasSubstr("| ````body/```x`<b>```` |"));
}

TEST(ReportMarkdown, HostileBytesBreakNeitherTableNorText) {
  const std::string text = render_markdown(evil_report());
  EXPECT_EQ(first_offence(text), "");
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with("|") || line.find("finding") == std::string::npos) continue;
    std::size_t bars = 0;
    for (std::size_t at = 0; at < line.size(); ++at)
      bars += line[at] == '|' && (at == 0 || line[at - 1] != '\\') ? 1 : 0;
    EXPECT_EQ(bars, 9U) << line;
  }
}

}  // namespace
}  // namespace truemirror
