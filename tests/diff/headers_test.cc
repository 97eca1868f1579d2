#include "diff/headers.h"

#include <gmock/gmock.h>

#include "diff_testing.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Lines header_diff(const Headers& stable, const Headers& arm, const HeaderScope& scope = {}) {
  DivergenceSink sink(nullptr, "GET /", 1000);
  diff_headers(stable, arm, scope, sink);
  return lines(sink.take());
}

TEST(HeaderDiff, CaseAndOrderOfNamesDoNotCount) {
  EXPECT_THAT(header_diff({{"X-A", "1"}, {"X-B", "2"}}, {{"x-b", "2"}, {"x-a", "1"}}), IsEmpty());
}

TEST(HeaderDiff, ValuesMissingAndAddedFieldsDiverge) {
  EXPECT_THAT(header_diff({{"X-A", "1"}, {"X-B", "b"}}, {{"X-A", "2"}, {"X-C", "c"}}),
              ElementsAre("value header/x-a number→number", "missing header/x-b text", "added header/x-c text"));
}

TEST(HeaderDiff, WhoAnsweredAndWhenDoesNotCount) {
  const Headers stable{{"Date", "a"}, {"Server", "v1"}, {"Age", "1"}, {"Via", "x"}, {"Content-Length", "3"}};
  EXPECT_THAT(header_diff(stable, {{"Server", "v2"}, {"Content-Length", "4"}}), IsEmpty());
  EXPECT_THAT(header_diff({{"Date", "a"}}, {{"Date", "b"}}), IsEmpty());
}

TEST(HeaderDiff, TheDefaultsCanBeTurnedOff) {
  EXPECT_THAT(header_diff({{"Server", "v1"}}, {{"Server", "v2"}}, {false, true, false}),
              ElementsAre("value header/server text→text"));
}

TEST(HeaderDiff, FieldsOfOneNameAreOneList) {
  EXPECT_THAT(header_diff({{"X-A", "1"}, {"X-A", "2"}}, {{"X-A", "1, 2"}}), IsEmpty());
  EXPECT_THAT(header_diff({{"X-A", "1"}, {"X-A", "2"}}, {{"X-A", "2, 1"}}), ElementsAre("value header/x-a text→text"));
}

TEST(HeaderDiff, ListsThatAreSetsHaveNoOrder) {
  EXPECT_THAT(header_diff({{"Vary", "Accept, Origin"}}, {{"Vary", "origin,accept"}}), IsEmpty());
  EXPECT_THAT(header_diff({{"Cache-Control", "no-store, max-age=0"}}, {{"Cache-Control", "max-age=0,no-store"}}),
              IsEmpty());
  EXPECT_THAT(header_diff({{"Content-Language", "de, en"}}, {{"Content-Language", "en,de"}}),
              ElementsAre("value header/content-language text→text"));
}

TEST(HeaderDiff, CommasInsideQuotesSeparateNothing) {
  EXPECT_THAT(header_diff({{"Cache-Control", "private=\"a, b\""}}, {{"Cache-Control", "b\", private=\"a"}}),
              testing::SizeIs(1));
}

TEST(HeaderDiff, CookiesCompareByNameAndAttributesNeverByValue) {
  const Headers stable{{"Set-Cookie", "sid=secret1; Path=/; HttpOnly; Expires=Sun, 06 Nov 1994 08:49:37 GMT"}};
  EXPECT_THAT(
      header_diff(stable, {{"Set-Cookie", "sid=secret2; httponly; expires=Mon, 07 Nov 1994 08:49:37 GMT; path=/"}}),
      IsEmpty());
  EXPECT_THAT(header_diff(stable, {{"Set-Cookie", "sid=secret1; Path=/"}}),
              ElementsAre("value header/set-cookie/sid attributes"));
  EXPECT_THAT(header_diff(stable, {{"Set-Cookie", "other=1"}}),
              ElementsAre("missing header/set-cookie/sid cookie", "added header/set-cookie/other cookie"));
}

TEST(HeaderDiff, WhatACookieHoldsIsNotShown) {
  DivergenceSink sink(nullptr, "GET /", 1000);
  diff_headers({{"Set-Cookie", "sid=topsecret; Secure"}}, {}, {}, sink);
  const auto found = sink.take();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].stable, "\"secure\"");
}

TEST(HeaderDiff, UnderAnotherStatusOnlyWhatIsNotOfTheContentCounts) {
  EXPECT_THAT(header_diff({{"Content-Type", "application/json"}, {"ETag", "1"}, {"X-A", "1"}}, {{"X-A", "2"}},
                          {true, true, true}),
              ElementsAre("value header/x-a number→number"));
}

TEST(HeaderDiff, TrailersHaveTheirOwnPlace) {
  Response stable = response("{}"), arm = stable;
  stable.trailers.add("Grpc-Status", "0");
  arm.trailers.add("grpc-status", "13");
  EXPECT_THAT(lines(divergences(stable, arm)), ElementsAre("value trailer/grpc-status number→number"));
}

TEST(HeaderDiff, BytesThatAreNoTextAreShownAsText) {
  DivergenceSink sink(nullptr, "GET /", 1000);
  diff_headers({{"X-A", "\xFF\x01"}}, {{"X-A", "b"}}, {}, sink);
  EXPECT_EQ(sink.take()[0].stable, R"("\\xff\u0001")");
}

}  // namespace
}  // namespace truemirror
