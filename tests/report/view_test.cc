// What people are shown first, and what they are told that noise is not.
#include "diff/report/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diff/report/render.h"

namespace truemirror {
namespace {

using ::testing::HasSubstr;

FindingReport proven(const std::string& location, double ln_e, const std::string& stable,
                     const std::string& candidate) {
  FindingReport finding;
  finding.id = "id-" + location;
  finding.issue = "one";
  finding.endpoint = "GET /a";
  finding.location = location;
  finding.kind = Kind::value;
  finding.proven = true;
  finding.ln_e = ln_e;
  Divergence divergence;
  divergence.location = divergence.generalized = location;
  divergence.kind = Kind::value;
  divergence.stable = stable;
  divergence.arm = candidate;
  finding.examples.push_back(Example{});
  finding.examples.back().divergences.push_back(divergence);
  return finding;
}

TEST(ReportView, AnIssueIsLedByItsStrongestFindingWhoseValuesCanBeRead) {
  Report report;
  report.findings = {proven("body/email", 30, "[redacted:email:cc4db653]", "[redacted:email:5744e76e]"),
                     proven("body/name", 20, "Zoe", "Max"), proven("body/account", 25, "2002", "1326")};
  const ReportView view(report);
  ASSERT_EQ(view.proven.size(), 1U);
  std::vector<std::string> order;
  for (const FindingReport* finding : view.proven[0].findings) order.push_back(finding->location);
  EXPECT_THAT(order, ::testing::ElementsAre("body/account", "body/email", "body/name"));
}

TEST(ReportView, ASampleOnThePageShowsAllThatItsIssueFoundInIt) {
  Report report;
  report.findings = {proven("body/name", 30, "Zoe", "Max"), proven("body/account", 20, "2002", "1326")};
  for (FindingReport& finding : report.findings) finding.examples[0].sequence = 20;
  report.findings[1].examples.push_back(report.findings[1].examples[0]);
  report.findings[1].examples[1].sequence = 21;
  report.findings[1].examples[1].divergences[0].stable = "of another sample";
  const std::string page = render_html(report);
  EXPECT_THAT(page, HasSubstr(">1326</mark>"));
  EXPECT_THAT(page, ::testing::Not(HasSubstr("of another sample")));
}

TEST(ReportView, AnIssueWithNothingElseIsLedByARedactedFinding) {
  Report report;
  report.findings = {proven("body/email", 30, "[redacted:email:cc4db653]", "[redacted:email:5744e76e]")};
  EXPECT_EQ(ReportView(report).proven.at(0).lead().location, "body/email");
}

// Each answer has an id of its own: all samples diverge, and nearly all of that is noise.
TEST(ReportView, WhatIsNoiseIsToldApartFromWhatDiverges) {
  Report report;
  EndpointReport endpoint;
  endpoint.endpoint = "GET /a";
  endpoint.pairs = endpoint.diverged = report.totals.diverged = 8701;
  endpoint.errors = 3;
  TestReport test;
  test.metric = "divergence";
  test.b = 42;
  endpoint.tests.push_back(test);
  report.endpoints.push_back(endpoint);
  EXPECT_THAT(render_text(report), HasSubstr("diverged 8,701, beyond noise 42;\n         candidate failed 3"));
  EXPECT_THAT(render_html(report), HasSubstr("<dt>beyond noise</dt><dd>42</dd>"));
  EXPECT_THAT(render_html(report), HasSubstr("<td class=\"n\">8,701</td><td class=\"n\">42</td>"));
  EXPECT_THAT(render_markdown(report), HasSubstr("| 8,701 | 42 | 3 |"));
}

}  // namespace
}  // namespace truemirror
