#include "diff/tolerance.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace truemirror {
namespace {

bool within_abs(std::string_view a, std::string_view b, std::string_view abs) {
  EXPECT_EQ(within_tolerance(a, b, abs, ""), within_tolerance(b, a, abs, "")) << a << " " << b;
  return within_tolerance(a, b, abs, "");
}
bool within_rel(std::string_view a, std::string_view b, std::string_view rel) {
  EXPECT_EQ(within_tolerance(a, b, "", rel), within_tolerance(b, a, "", rel)) << a << " " << b;
  return within_tolerance(a, b, "", rel);
}

TEST(Tolerance, IsExactAtItsBound) {
  EXPECT_TRUE(within_abs("1.00", "1.01", "0.01"));
  EXPECT_TRUE(within_abs("0.1", "0.3", "0.2"));
  EXPECT_FALSE(within_abs("1.00", "1.0100000000000000000001", "0.01"));
  EXPECT_FALSE(within_abs("9007199254740993", "9007199254740994", "0.5"));
  EXPECT_TRUE(within_abs("9007199254740993", "9007199254740994", "1"));
  EXPECT_TRUE(within_rel("90", "100", "0.1"));
  EXPECT_FALSE(within_rel("89.999999999999999999", "100", "0.1"));
  EXPECT_TRUE(within_rel("1e400", "1.1e400", "0.1"));
}

TEST(Tolerance, KnowsSignsZeroAndExponents) {
  EXPECT_TRUE(within_abs("-0.5", "0.5", "1"));
  EXPECT_FALSE(within_abs("-0.5", "0.6", "1"));
  EXPECT_TRUE(within_abs("-99", "-100", "1"));
  EXPECT_TRUE(within_abs("0", "-0.0", "0"));
  EXPECT_TRUE(within_abs("0e99999", "1e-3", "0.001"));
  EXPECT_TRUE(within_abs("1E+2", "100.0", "0"));
  EXPECT_FALSE(within_rel("0", "1", "0.999"));
  EXPECT_TRUE(within_rel("-1", "1", "2"));
}

TEST(Tolerance, NothingIsWithinWhatIsNoNumberOrTooLong) {
  for (const std::string_view text : {"", "-", ".", "1x", "1e", "1e+", "nan", "inf", "0x10", "1e99999999999", " 1"}) {
    EXPECT_FALSE(within_tolerance(text, text, "1", "1")) << text;
  }
  EXPECT_FALSE(within_abs("1e9000", "1", "1"));
  EXPECT_FALSE(within_abs(std::string(1001, '7'), "7", "1"));
}

TEST(Tolerance, AgreesWithWholeNumbers) {
  std::mt19937_64 random(1);
  const auto any = [&] { return static_cast<std::int64_t>(random() % 4001) - 2000; };
  for (int round = 0; round < 20'000; ++round) {
    const std::int64_t a = any(), b = any(), limit = std::abs(any()), apart = std::abs(a - b);
    EXPECT_EQ(within_abs(std::to_string(a), std::to_string(b), std::to_string(limit)), apart <= limit) << a << " " << b;
    const std::string share = std::to_string(limit) + "e-3";
    EXPECT_EQ(within_rel(std::to_string(a), std::to_string(b), share),
              apart * 1000 <= limit * std::max(std::abs(a), std::abs(b)))
        << a << " " << b << " " << share;
  }
}

}  // namespace
}  // namespace truemirror
