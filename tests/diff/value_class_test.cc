#include "diff/value_class.h"

#include <gtest/gtest.h>

#include "diff/location.h"
#include "diff/timestamp.h"

namespace truemirror {
namespace {

std::string_view class_name(std::string_view text) { return to_string(class_of_text(text)); }

TEST(ValueClass, IsTheShapeOfTheText) {
  EXPECT_EQ(class_name(""), "empty");
  EXPECT_EQ(class_name("hello world"), "text");
  EXPECT_EQ(class_name("order-confirmation-sent"), "text");
  EXPECT_EQ(class_name("42"), "number");
  EXPECT_EQ(class_name("-1.50"), "number");
  EXPECT_EQ(class_name("1700000000"), "epoch");
  EXPECT_EQ(class_name("1700000000123"), "epoch");
  EXPECT_EQ(class_name("1700000000.5"), "epoch");
  EXPECT_EQ(class_name("9999999999"), "number");
  EXPECT_EQ(class_name("550e8400-e29b-41d4-a716-446655440000"), "uuid");
  EXPECT_EQ(class_name("01ARZ3NDEKTSV4RRFFQ69G5FAV"), "ulid");
  EXPECT_EQ(class_name("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"), "jwt");
  EXPECT_EQ(class_name("d41d8cd98f00b204e9800998ecf8427e"), "hash");
  EXPECT_EQ(class_name("req_8f3A9c2D11x7Kq0Z"), "token");
  EXPECT_EQ(class_name("2026-11-22T20:15:30.123Z"), "timestamp");
  EXPECT_EQ(class_name("2026-11-22 20:15:30+01:00"), "timestamp");
  EXPECT_EQ(class_name("Sun, 06 Nov 1994 08:49:37 GMT"), "timestamp");
  EXPECT_EQ(class_name("2026-11-22"), "date");
  EXPECT_EQ(class_name("2026-02-30"), "text");
  EXPECT_EQ(class_name("20:15:30"), "time");
  EXPECT_EQ(class_name("PT1H30M"), "duration");
  EXPECT_EQ(class_name("https://example.com/a?b"), "url");
  EXPECT_EQ(class_name("ada@example.com"), "email");
  EXPECT_EQ(class_name("192.168.0.1"), "ip");
  EXPECT_EQ(class_name("192.168.0.256"), "text");
  EXPECT_EQ(class_name("2001:db8::1"), "ip");
}

TEST(ValueClass, NeverReadsPastShortText) {
  const std::string_view longest = "2026-11-22T20:15:30.123+01:00";
  for (std::size_t length = 0; length <= longest.size(); ++length) {
    EXPECT_FALSE(class_name(std::string(longest.substr(0, length))).empty());
  }
}

TEST(Timestamp, AllFormsMeanTheSameInstant) {
  const auto expected = WallTime{std::chrono::seconds{1'700'000'000}};
  for (const std::string_view text :
       {"2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00", "2023-11-14 22:13:20", "Tue, 14 Nov 2023 22:13:20 GMT",
        "1700000000", "1700000000000", "1700000000000000", "1700000000000000000", "1700000000.0"}) {
    EXPECT_EQ(parse_time(text), expected) << text;
  }
  EXPECT_EQ(parse_time("1700000000.25"), expected + std::chrono::milliseconds{250});
  EXPECT_EQ(parse_time("2023-11-14T22:13:20.000000001Z"), expected + Nanoseconds{1});
}

TEST(Location, KeysThatLookLikeDataAreMapLike) {
  for (const std::string_view key : {"42", "550e8400-e29b-41d4-a716-446655440000", "2026-11-22", "ada@example.com"}) {
    EXPECT_TRUE(is_map_like_key(key)) << key;
  }
  for (const std::string_view key : {"name", "createdAt", "v2", "address_line_1", "", "is2ndPage"}) {
    EXPECT_FALSE(is_map_like_key(key)) << key;
  }
}

TEST(Location, NamesOfTheProtocolNeverGeneralize) {
  Location at("header");
  at.push_name("42");
  at.push_index(7);
  at.push_key("43");
  EXPECT_EQ(at.exact(), "header/42/7/43");
  EXPECT_EQ(at.generalized(), "header/42/*/*");
}

}  // namespace
}  // namespace truemirror
