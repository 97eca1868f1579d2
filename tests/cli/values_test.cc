#include "proxy/cli/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truemirror {
namespace {

using testing::HasSubstr;

TEST(Values, ASharesIsAPercentageOrAFraction) {
  EXPECT_DOUBLE_EQ(*parse_fraction("10%"), 0.1);
  EXPECT_DOUBLE_EQ(*parse_fraction("0.1"), 0.1);
  EXPECT_DOUBLE_EQ(*parse_fraction("1"), 1.0);
  EXPECT_DOUBLE_EQ(*parse_fraction("0.5%"), 0.005);
  EXPECT_DOUBLE_EQ(*parse_fraction("0"), 0.0);
}

TEST(Values, WhatIsNoShareIsRefusedWithWhatWouldBe) {
  for (const char* text : {"", "ten", "-1%", "101%", "nan", "inf", "1e-3", "10 %", "0x1", "%"}) {
    const auto value = parse_fraction(text);
    ASSERT_TRUE(value.has_error()) << text;
    EXPECT_THAT(value.error().text, HasSubstr("write 10% or 0.1")) << text;
  }
  EXPECT_THAT(parse_fraction("10").error().text, HasSubstr("write 10% or a fraction"));
}

TEST(Values, DurationsNeedAUnit) {
  EXPECT_EQ(*parse_duration("250ms"), std::chrono::milliseconds(250));
  EXPECT_EQ(*parse_duration("1.5s"), std::chrono::milliseconds(1500));
  EXPECT_EQ(*parse_duration("24h"), std::chrono::hours(24));
  for (const char* text : {"", "30", "s", "0s", "25h", "-5s", "5 s", "1e3s", "9999999999999999999h"}) {
    EXPECT_TRUE(parse_duration(text).has_error()) << text;
  }
}

TEST(Values, SizesAreBytesOrCarryAUnit) {
  EXPECT_EQ(*parse_size("65536"), 65536u);
  EXPECT_EQ(*parse_size("64KiB"), 65536u);
  EXPECT_EQ(*parse_size("1.5MiB"), 1572864u);
  EXPECT_EQ(*parse_size("1MB"), 1'000'000u);
  EXPECT_EQ(*parse_size("1024GiB"), 1ull << 40);
  for (const char* text : {"", "0", "64kib", "-1", "1TiB", "1025GiB", "MiB"}) {
    EXPECT_TRUE(parse_size(text).has_error()) << text;
  }
}

TEST(Values, SpeedsAndRates) {
  EXPECT_EQ(*parse_speed("4x"), std::optional(4.0));
  EXPECT_EQ(*parse_speed("max"), std::nullopt);
  EXPECT_TRUE(parse_speed("4").has_error());
  EXPECT_TRUE(parse_speed("0x").has_error());
  EXPECT_DOUBLE_EQ(*parse_rate("200/s"), 200);
  EXPECT_DOUBLE_EQ(*parse_rate("0.5"), 0.5);
  EXPECT_TRUE(parse_rate("0/s").has_error());
  EXPECT_TRUE(parse_rate("200/m").has_error());
}

TEST(Values, WhatIsFormattedParsesToTheSame) {
  for (const int ms : {1, 250, 1000, 90'000, 3'600'000}) {
    EXPECT_EQ(*parse_duration(format_duration(std::chrono::milliseconds(ms))), std::chrono::milliseconds(ms));
  }
  for (const std::uint64_t bytes : {1ull, 1000ull, 1536ull, 1ull << 20, 3ull << 30}) {
    EXPECT_EQ(*parse_size(format_size(bytes)), bytes);
  }
  for (const double fraction : {0.0, 0.07, 0.1, 0.001, 1.0}) {
    EXPECT_DOUBLE_EQ(*parse_fraction(format_fraction(fraction)), fraction) << format_fraction(fraction);
  }
}

}  // namespace
}  // namespace truemirror
