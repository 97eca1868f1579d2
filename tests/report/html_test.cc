// The page: self-contained, scriptless unless live, and every byte of traffic on it is text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <map>

#include "diff/report/html_parts.h"
#include "diff/report/render.h"
#include "harmless.h"
#include "proxy/http/base64.h"
#include "sample_report.h"

namespace truemirror {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The page without its inline style, which is ours.
std::string without_style(std::string page) {
  const auto begin = page.find("<style>");
  const auto end = page.find("</style>");
  return begin == std::string::npos ? page : page.erase(begin, end + 8 - begin);
}

// Every tag opened is closed, in order; the name of the first that is not.
std::string unbalanced_tag(const std::string& page) {
  std::vector<std::string> open;
  for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const std::size_t end = page.find('>', at);
    if (end == std::string::npos) return "unclosed <";
    const std::string tag = page.substr(at + 1, end - at - 1);
    const std::string name =
        tag.substr(tag.starts_with('/') ? 1 : 0, tag.find_first_of(" \n", 1) - (tag.starts_with('/') ? 1 : 0));
    if (tag.starts_with('!') || tag.ends_with('/') || name == "meta" || name == "link") continue;
    if (!tag.starts_with('/')) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return name;
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back();
}

TEST(ReportPage, IsOneFileWithoutScriptsAndAPolicyThatAllowsNone) {
  const std::string page = render_html(rich_report());
  EXPECT_THAT(page, StartsWith("<!doctype html>"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_EQ(count_of(page, "style=\""), 0U);
  EXPECT_EQ(count_of(page, "src=\""), 0U);
  const std::string_view style = ui_asset("style.css");
  std::array<unsigned char, 32> digest{};
  EVP_Digest(style.data(), style.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  const std::string hash = base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
  EXPECT_THAT(page,
              HasSubstr("content=\"default-src 'none'; style-src 'sha256-" + hash + "'; img-src data:; base-uri"));
  EXPECT_THAT(page, HasSubstr("<style>" + std::string(style) + "</style>"));
}

TEST(ReportPage, LinksItsAssetsAndHasTheKillSwitchWhenLive) {
  const std::string page = render_html(rich_report(), {.live = true});
  EXPECT_THAT(page, HasSubstr("<link rel=\"stylesheet\" href=\"/ui/style.css\">"));
  EXPECT_THAT(page, HasSubstr("<script src=\"/ui/live.js\" defer></script>"));
  EXPECT_EQ(count_of(page, "<script"), 1U);
  EXPECT_THAT(page, Not(HasSubstr("<style>")));
  EXPECT_THAT(page, HasSubstr("id=\"mirroring\""));
  EXPECT_THAT(page, HasSubstr("id=\"pause\""));
  EXPECT_THAT(std::string(ui_asset("live.js")), HasSubstr("/api/v1/mirroring"));
  EXPECT_EQ(ui_asset("../../etc/passwd"), "");
}

TEST(ReportPage, ShowsVerdictFindingsLatencyAndTheRest) {
  const std::string page = render_html(rich_report());
  EXPECT_THAT(page, HasSubstr("<h1>fail</h1><p class=\"headline\">7 proven findings in 6 issues"));
  EXPECT_EQ(count_of(page, "<details class=\"issue\""), 7U) << "six issues and one unproven";
  EXPECT_THAT(page, HasSubstr("E = 6.6e82"));
  EXPECT_THAT(page, HasSubstr("<mark class=\"to\">0000000000000001</mark>"));
  EXPECT_THAT(page, HasSubstr("slower, proven: E = 4.8e13"));
  for (const char* id :
       {"accounting", "proven", "failing", "latency", "unproven", "noise", "accepted", "rules", "endpoints"}) {
    EXPECT_EQ(count_of(page, "id=\"" + std::string(id) + "\""), 1U) << id;
  }
}

TEST(ReportPage, IsWellFormed) {
  EXPECT_EQ(unbalanced_tag(without_style(render_html(rich_report()))), "");
  EXPECT_EQ(unbalanced_tag(without_style(render_html(rich_report(), {.live = true}))), "");
  EXPECT_EQ(unbalanced_tag(without_style(render_html(Report{}))), "");
}

TEST(ReportPage, TrafficIsTextWhateverItHolds) {
  for (const bool live : {false, true}) {
    const std::string page = render_html(evil_report(), {.live = live});
    EXPECT_EQ(first_offence(page), "");
    EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;]]&gt;|`\\x1b[31m\\x07"));
    EXPECT_EQ(unbalanced_tag(without_style(page)), "");
  }
}

TEST(ReportPage, StaysSmallForALargeRun) {
  Report report = large_report(5000);
  for (FindingReport& finding : report.findings) finding.proven = true;
  for (Example& example : report.findings[0].examples) example.stable.body = Body(std::string(1U << 20U, '['));
  const std::string page = render_html(report);
  EXPECT_LT(page.size(), 3U << 20U);
  EXPECT_THAT(page, HasSubstr("and 4,600 more"));
}

TEST(ReportPage, BodiesAreIndentedCutAndNamed) {
  EXPECT_THAT(html_body(Body(R"({"a":[1,{}],"b":"{,}"})"), 100),
              HasSubstr("{\n  &quot;a&quot;: [\n    1,\n    {}\n  ],\n  &quot;b&quot;: &quot;{,}&quot;\n}"));
  EXPECT_THAT(html_body(Body(std::string(500, 'x')), 100), HasSubstr("first 100 of 500 bytes"));
  EXPECT_THAT(html_body(Body(), 100), HasSubstr("no body"));
  Body withheld;
  withheld.length = 77;
  EXPECT_THAT(html_body(withheld, 100), HasSubstr("77 bytes, not stored"));
}

}  // namespace
}  // namespace truemirror
