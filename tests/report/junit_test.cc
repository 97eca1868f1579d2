// The report as JUnit XML.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diff/report/render.h"
#include "harmless.h"
#include "sample_report.h"

namespace truemirror {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ReportJunit, HasATestCaseForEachEndpointAndAFailureForWhatIsProven) {
  const std::string xml = render_junit(rich_report());
  EXPECT_THAT(xml,
              HasSubstr("<testsuite name=\"truemirror 7f3a9c21\" tests=\"8\" failures=\"6\" skipped=\"1\" errors=\"0\" "
                        "time=\"61\" timestamp=\"2026-11-22T20:01:00Z\">"));
  EXPECT_THAT(xml, HasSubstr("<testcase classname=\"truemirror\" name=\"GET /health\"/>"));
  EXPECT_THAT(xml, HasSubstr("message=\"body/price: value number→number, 1,204 of 3,120 pairs, E = 6.6e82\""));
  EXPECT_THAT(xml, HasSubstr("stable:    0.1\ncandidate: 0.10000000000000001"));
  EXPECT_THAT(
      xml, HasSubstr("<failure type=\"latency_p99\" message=\"latency_p99: candidate 301 ms, control 75.1 ms ×4.00"));
}

TEST(ReportJunit, AnInconclusiveEndpointIsSkippedAndSaysWhatItWaitsFor) {
  EXPECT_THAT(render_junit(rich_report()),
              HasSubstr("name=\"GET /tags\">\n      <skipped message=\"inconclusive: 640 more "
                        "pairs needed\"/>"));
}

TEST(ReportJunit, UnprovenFindingsAndNoiseFailNothing) {
  Report report = rich_report();
  for (FindingReport& finding : report.findings) finding.proven = false;
  for (EndpointReport& endpoint : report.endpoints) {
    endpoint.verdict = Verdict::pass;
    for (TestReport& test : endpoint.tests) test.verdict = Verdict::pass;
  }
  EXPECT_THAT(render_junit(report), Not(HasSubstr("<failure")));
}

TEST(ReportJunit, HostileBytesLeaveItWellFormed) {
  Report report = evil_report();
  report.reasons.push_back("not a character of XML: \xEF\xBF\xBE");
  const std::string xml = render_junit(report);
  EXPECT_EQ(first_offence(xml), "");
  EXPECT_THAT(xml, Not(HasSubstr("<script>")));
  EXPECT_THAT(xml, Not(HasSubstr("\xEF\xBF\xBE")));
  EXPECT_THAT(xml, HasSubstr("\\x1b[31m\\x07"));
}

}  // namespace
}  // namespace truemirror
