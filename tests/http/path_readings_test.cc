#include "proxy/http/path_readings.h"

#include <gmock/gmock.h>

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::UnorderedElementsAre;

std::vector<std::string> readings_of(std::string_view target) {
  PathReadings readings;
  readings.read(target);
  EXPECT_FALSE(readings.is_any()) << target;
  EXPECT_EQ(readings.canonical(), readings.all().front());
  return {readings.all().begin(), readings.all().end()};
}

bool may_be_any(std::string_view target) {
  PathReadings readings;
  readings.read(target);
  return readings.is_any();
}

TEST(PathReadings, APlainPathHasOneWhichIsAViewOfTheTarget) {
  const std::string_view target = "/orders/42?from=/../x%2F";
  PathReadings readings;
  readings.read(target);
  EXPECT_THAT(readings.all(), ElementsAre("/orders/42"));
  EXPECT_EQ(readings.canonical().data(), target.data());
}

TEST(PathReadings, EquivalentSpellingsHaveOne) {
  EXPECT_THAT(readings_of("/%70rivate/1"), ElementsAre("/private/1"));
  EXPECT_THAT(readings_of("/hello%20w%c3%b6rld"), ElementsAre("/hello%20w%C3%B6rld"));
  EXPECT_THAT(readings_of("http://h/%7Ea?b"), ElementsAre("/~a"));
  EXPECT_THAT(readings_of("http://h"), ElementsAre("/"));
  EXPECT_THAT(readings_of("*"), ElementsAre("*"));
}

TEST(PathReadings, DotsMayBeResolvedOrNot) {
  EXPECT_THAT(readings_of("/quotes/../orders"), ElementsAre("/orders", "/quotes/../orders"));
  EXPECT_THAT(readings_of("/quotes/%2e%2E/orders"), ElementsAre("/orders", "/quotes/../orders"));
  EXPECT_THAT(readings_of("/a/%2e./b/."), ElementsAre("/b/", "/a/../b/."));
  EXPECT_THAT(readings_of("/a/./b"), ElementsAre("/a/b", "/a/./b"));
}

TEST(PathReadings, SlashesInARowMayBeOneOrAnAuthority) {
  EXPECT_THAT(readings_of("/a//b"), ElementsAre("/a/b", "/a//b"));
  EXPECT_THAT(readings_of("//a/b"), UnorderedElementsAre("/a/b", "//a/b", "/b"));
  EXPECT_THAT(readings_of("/a//../b"), UnorderedElementsAre("/b", "/a/b", "/a//../b", "/a/../b"));
}

TEST(PathReadings, AnEscapedSlashMayPartSegments) {
  EXPECT_THAT(readings_of("/a%2fb"), ElementsAre("/a%2Fb", "/a/b"));
  EXPECT_THAT(readings_of("/quotes/..%2forders"),
              UnorderedElementsAre("/quotes/..%2Forders", "/orders", "/quotes/../orders"));
  EXPECT_THAT(readings_of("/u%40h/x%2Fy"), UnorderedElementsAre("/u%40h/x%2Fy", "/u@h/x%2Fy", "/u@h/x/y"));
}

TEST(PathReadings, ABackslashMayBeASlash) {
  EXPECT_THAT(readings_of("/a\\b"), ElementsAre("/a%5Cb", "/a/b"));
  EXPECT_THAT(readings_of("/a%5cb"), ElementsAre("/a%5Cb", "/a/b"));
  EXPECT_THAT(readings_of("/quotes\\..\\orders"), IsSupersetOf({"/quotes%5C..%5Corders", "/orders"}));
  EXPECT_THAT(readings_of("/\\h/orders"), IsSupersetOf({"/%5Ch/orders", "/h/orders", "/orders"}));
}

TEST(PathReadings, ParametersMayNotCount) {
  EXPECT_THAT(readings_of("/a;x=1/b"), ElementsAre("/a;x=1/b", "/a/b"));
  EXPECT_THAT(readings_of("/quotes/..;x/orders"),
              UnorderedElementsAre("/quotes/..;x/orders", "/orders", "/quotes/../orders"));
  EXPECT_THAT(readings_of("/;/private"), IsSupersetOf({"/;/private", "/private", "//private"}));
  EXPECT_THAT(readings_of("/a%3Bx"), UnorderedElementsAre("/a%3Bx", "/a;x", "/a"));
  EXPECT_THAT(readings_of("/a/b;%2Fc/..%2Fd"), IsSupersetOf({"/a/d", "/a/b/d", "/a/b;/d"}));
}

TEST(PathReadings, WhatIsEscapedTwiceMayBeUnescapedTwice) {
  EXPECT_THAT(readings_of("/quotes/%252e%252e/orders"),
              UnorderedElementsAre("/quotes/%252e%252e/orders", "/orders", "/quotes/../orders"));
  EXPECT_THAT(readings_of("/%2570rivate"), ElementsAre("/%2570rivate", "/private"));
  EXPECT_THAT(readings_of("/%%37%30rivate"), ElementsAre("/%2570rivate", "/private"));
  EXPECT_THAT(readings_of("/100%25"), ElementsAre("/100%25"));
}

TEST(PathReadings, AnEscapedQuestionMarkOrNulMayEndThePath) {
  EXPECT_THAT(readings_of("/private%3Fa/b"), UnorderedElementsAre("/private%3Fa/b", "/private"));
  EXPECT_THAT(readings_of("/private%00.png"), UnorderedElementsAre("/private%00.png", "/private"));
  EXPECT_THAT(readings_of("/private%2523a"), UnorderedElementsAre("/private%2523a", "/private%23a", "/private"));
}

TEST(PathReadings, WhatNobodyCanTellMayBeAnyPath) {
  for (const char* target : {"/a;b/..%3B/c", "/a\\b%5C..", "/a%3F/..%23", "/%25252e", "/%u002e%u002e/a", "/%c0%ae/a",
                             "/%25c0%25af", "/a;b\\c", "/a/b/%252e%252e/../c", "a/../b", ""})
    EXPECT_EQ(may_be_any(target), *target != '\0') << target;
  EXPECT_TRUE(may_be_any("//a;b//..%2f..;c/%2520%3Fe")) << "too many";
}

TEST(PathReadings, AreBoundedInNumberAndBytesAndKeepTheCanonicalOne) {
  std::string target;
  for (int i = 0; i < 2'000; ++i) target += "/a;b/..//c%2F";
  PathReadings readings;
  readings.read(target);
  EXPECT_TRUE(readings.is_any());
  std::string room;
  EXPECT_EQ(readings.canonical(), canonical_path(target, room));
  std::size_t bytes = 0;
  for (const std::string_view reading : readings.all()) bytes += reading.size();
  EXPECT_LE(bytes, PathReadings::kMostBytes + target.size() * 3);
  EXPECT_LE(readings.all().size(), PathReadings::kMost);
  readings.read("/a");
  EXPECT_FALSE(readings.is_any());
}

}  // namespace
}  // namespace truemirror
