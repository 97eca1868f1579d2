// The report for a terminal, and the wording that all renderings share.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "diff/report/phrase.h"
#include "diff/report/render.h"
#include "harmless.h"
#include "sample_report.h"

namespace truemirror {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(ReportText, SaysVerdictEvidenceAndExampleOfEachProvenFinding) {
  const std::string text = render_text(rich_report());
  EXPECT_EQ(text.find("FAIL  7 proven findings in 6 issues"), 0U);
  EXPECT_THAT(text, HasSubstr("6 of 8 endpoints fail"));
  EXPECT_THAT(text, HasSubstr("body/price  value number→number"));
  EXPECT_THAT(text, HasSubstr("1,204 of 3,120   E = 6.6e82"));
  EXPECT_THAT(text, HasSubstr("stable     0.1\n      candidate  0.10000000000000001"));
  EXPECT_THAT(text, HasSubstr("candidate  (absent)"));
  EXPECT_THAT(text, HasSubstr("×4.00   proven, E = 4.8e13"));
}

TEST(ReportText, ClosesTheAccounting) {
  EXPECT_THAT(
      render_text(rich_report(), {.width = 160}),
      HasSubstr("sampled 12,000 = compared 11,930 + dropped 68 (candidate_budget 60, too_large 8) + in flight 2"));
}

TEST(ReportText, KeepsProvenUnprovenAndNoiseApart) {
  const std::string text = render_text(rich_report());
  const auto proven = text.find("PROVEN");
  const auto unproven = text.find("NOT PROVEN");
  const auto noise = text.find("NOISE");
  ASSERT_TRUE(proven < unproven && unproven < noise);
  EXPECT_LT(unproven, text.find("body/total"));
  EXPECT_LT(noise, text.find("header/x-request-id"));
  EXPECT_THAT(text, HasSubstr("1 finding accepted, 0 hidden"));
}

TEST(ReportText, NoLineIsWiderThanTheTerminal) {
  for (const std::size_t width : {80U, 100U, 120U}) {
    for (const std::string& line : lines_of(render_text(rich_report(), {.width = width}))) {
      EXPECT_LE(shown_columns(line), width) << line;
    }
  }
}

TEST(ReportText, ShowsNoControlCharacterOfTraffic) {
  const std::string text = render_text(evil_report());
  EXPECT_EQ(first_offence(text), "");
  EXPECT_THAT(text, HasSubstr("\\x1b[31m"));
  EXPECT_THAT(text, HasSubstr("\\u{202e}"));
}

TEST(ReportText, IsColouredOnlyWhenAsked) {
  EXPECT_THAT(render_text(rich_report()), Not(HasSubstr("\x1b")));
  EXPECT_THAT(render_text(rich_report(), {.color = true}), HasSubstr("\x1b[1;31mFAIL\x1b[0m"));
}

TEST(ReportText, AnEmptyReportIsShort) {
  const std::string text = render_text(Report{});
  EXPECT_THAT(text, HasSubstr("nothing is proven against the candidate"));
  EXPECT_LT(lines_of(text).size(), 12U);
}

TEST(ShownText, SpellsOutWhatSteersATerminalAndKeepsScripts) {
  EXPECT_EQ(shown_text("a\x1b[2Jb\r\n\t\x7f"), "a\\x1b[2Jb\\r\\n\\t\\x7f");
  EXPECT_EQ(shown_text(std::string_view("\0x", 2)), "\\x00x");
  EXPECT_EQ(shown_text("\xc2\x9b\xe2\x80\xae\xff"), "\\u{9b}\\u{202e}\\xff");
  EXPECT_EQ(shown_text("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate is no UTF-8
  EXPECT_EQ(shown_text("\xc0\xaf"), "\\xc0\\xaf");           // nor is an overlong slash
  EXPECT_EQ(shown_text("عربى Ł 日本 🚀"), "عربى Ł 日本 🚀");
}

TEST(ShownText, CountsColumnsOfWideAndCombiningLetters) {
  EXPECT_EQ(shown_columns("abc"), 3U);
  EXPECT_EQ(shown_columns("日本"), 4U);
  EXPECT_EQ(shown_columns("e\u0301"), 1U);
  EXPECT_EQ(shown_columns("🚀"), 2U);
  EXPECT_EQ(cut_to_columns("日本語", 5), "日本…");
  EXPECT_EQ(cut_to_columns("日本語", 4), "日…");
  EXPECT_EQ(cut_to_columns("abc", 3), "abc");
}

TEST(Phrase, WordsNumbersForPeople) {
  EXPECT_EQ(phrase_count(1'234'567), "1,234,567");
  EXPECT_EQ(phrase_count(999), "999");
  EXPECT_EQ(phrase_seconds(0.0121), "12.1 ms");
  EXPECT_EQ(phrase_seconds(0.00000035), "0.350 µs");
  EXPECT_EQ(phrase_seconds(0.9999), "1.00 s");
  EXPECT_EQ(phrase_evidence(0), "E = 1");
  EXPECT_EQ(phrase_evidence(2302.585092994046), "E = 1.0e1000");
  EXPECT_EQ(phrase_time(WallTime(Nanoseconds(1'500'000'001))), "1970-01-01T00:00:01.500000001Z");
}

TEST(Phrase, ALongValueIsCutAroundWhatDiffers) {
  Divergence divergence;
  divergence.stable = std::string(10'000, 'a') + "é" + std::string(10'000, 'b');
  divergence.arm = std::string(10'000, 'a') + "è" + std::string(10'000, 'b');
  const ExcerptPair pair = excerpt_of(divergence, 60);
  EXPECT_EQ(pair.stable.changed, "é");
  EXPECT_EQ(pair.arm.changed, "è");
  EXPECT_LT(pair.arm.text().size(), 80U);
  EXPECT_EQ(pair.arm.text().find("…aaa"), 0U);
}

TEST(Phrase, AnExcerptOfAnyTwoValuesIsPartOfThem) {
  const std::vector<std::string> values{"",
                                        "a",
                                        "aaaaaaaaaaaaaaaa",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
                                        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
                                        "\xa9\xa9\xa9\xa9\xa9\xa9\xa9\xa9\xa9\xa9\xa9\xa9\xa9\xa9\xa9\xa9",
                                        "\xc3\xc3\xc3",
                                        std::string(40, '\0')};
  for (const std::string& stable : values) {
    for (const std::string& arm : values) {
      Divergence divergence;
      divergence.stable = stable;
      divergence.arm = arm;
      EXPECT_EQ(excerpt_of(divergence, 100).stable.text(), stable);
      EXPECT_EQ(excerpt_of(divergence, 100).arm.text(), arm);
      EXPECT_LE(excerpt_of(divergence, 16).arm.text().size(), 16U + 8U);
    }
  }
}

}  // namespace
}  // namespace truemirror
