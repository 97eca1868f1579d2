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
              ElementsAre("reordered header/content-language order"));
}

TEST(HeaderDiff, ListsWhoseOrderCountsTellMembersFromOrder) {
  EXPECT_THAT(header_diff({{"Link", "</a,b>; rel=next"}, {"Link", "</c>; rel=\"prev\""}},
                          {{"Link", "</a,b>;rel=\"NEXT\", </c>;rel=prev"}}),
              IsEmpty());
  EXPECT_THAT(header_diff({{"Link", "</a>, </b>"}}, {{"Link", "</b>, </a>"}}),
              ElementsAre("reordered header/link order"));
  EXPECT_THAT(header_diff({{"Link", "</a>, </b>"}}, {{"Link", "</b>"}}), ElementsAre("value header/link text→text"));
}

TEST(HeaderDiff, QualityValuesAreNumbersWithADefault) {
  EXPECT_THAT(header_diff({{"Accept-Encoding", "gzip;q=1.0, br;q=0.50"}}, {{"Accept-Encoding", "br; Q=0.5, gzip"}}),
              IsEmpty());
  EXPECT_THAT(header_diff({{"Accept-Encoding", "br;q=0.5"}}, {{"Accept-Encoding", "br;q=0.51"}}), testing::SizeIs(1));
  EXPECT_THAT(header_diff({{"Accept-Encoding", "br;q=0"}}, {{"Accept-Encoding", "br"}}), testing::SizeIs(1));
}

TEST(HeaderDiff, ParametersHaveNoOrderAndMayBeQuoted) {
  EXPECT_THAT(
      header_diff({{"Content-Type", "text/html; charset=UTF-8"}}, {{"Content-Type", "Text/HTML;charset=\"utf-8\""}}),
      IsEmpty());
  EXPECT_THAT(header_diff({{"Content-Type", "a/b; x=1; y=2"}}, {{"Content-Type", "a/b;y=2;x=1"}}), IsEmpty());
  EXPECT_THAT(header_diff({{"Content-Disposition", "attachment; filename=\"A.pdf\""}},
                          {{"Content-Disposition", "attachment; filename=a.pdf"}}),
              testing::SizeIs(1));
  EXPECT_THAT(header_diff({{"Cache-Control", "max-age=\"60\""}}, {{"cache-control", "Max-Age=60"}}), IsEmpty());
  EXPECT_THAT(header_diff({{"Cache-Control", "max-age=60"}}, {{"Cache-Control", "max-age=61"}}), testing::SizeIs(1));
  EXPECT_THAT(header_diff({{"Strict-Transport-Security", "max-age=1; includeSubDomains"}},
                          {{"Strict-Transport-Security", "includesubdomains;max-age=1"}}),
              IsEmpty());
  EXPECT_THAT(header_diff({{"Content-Security-Policy", "img-src b a; default-src 'self'"}},
                          {{"Content-Security-Policy", "default-src 'self'; img-src a b"}}),
              IsEmpty());
}

TEST(HeaderDiff, AnETagIsClassedWithoutItsQuotesAndWeaknessIsATransition) {
  EXPECT_THAT(header_diff({{"ETag", "\"d41d8cd98f00b204\""}}, {{"ETag", "\"e41d8cd98f00b204\""}}),
              ElementsAre("value header/etag hash→hash"));
  EXPECT_THAT(header_diff({{"ETag", "\"d41d8cd98f00b204\""}}, {{"ETag", "W/\"d41d8cd98f00b204\""}}),
              ElementsAre("value header/etag strong→weak"));
}

TEST(HeaderDiff, ACookieThatIsDeletedInsteadOfKeptDiverges) {
  const std::string date = "Sun, 22 Nov 2026 20:00:00 GMT";
  const auto cookie = [&](std::string_view attributes) {
    return Headers{{"Date", date}, {"Set-Cookie", "sid=1; " + std::string(attributes)}};
  };
  const Headers kept = cookie("Expires=Sun, 22-Nov-2026 21:00:00 GMT");
  EXPECT_THAT(header_diff(kept, cookie("Max-Age=3600")), IsEmpty());
  EXPECT_THAT(header_diff(kept, cookie("Expires=Sun, 22 Nov 2026 21:00:01 GMT")), IsEmpty());
  EXPECT_THAT(header_diff(kept, cookie("Expires=Mon, 23 Nov 2026 21:00:00 GMT")),
              ElementsAre("value header/set-cookie/sid lifetime"));
  EXPECT_THAT(header_diff(kept, cookie("Max-Age=0; SameSite=lax")),
              ElementsAre("value header/set-cookie/sid samesite,lifetime"));
  EXPECT_THAT(header_diff(cookie("Max-Age=0"), cookie("Expires=Thu, 01 Jan 1970 00:00:00 GMT")), IsEmpty());
  EXPECT_THAT(header_diff({{"Set-Cookie", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}},
                          {{"Set-Cookie", "a=1; Expires=Sun, 22 Nov 2026 21:00:00 GMT"}}),
              ElementsAre("value header/set-cookie/a lifetime"));
}

TEST(HeaderDiff, CookiesOfOneNamePairByDomainAndPath) {
  EXPECT_THAT(header_diff({{"Set-Cookie", "a=1; Path=/x"}, {"Set-Cookie", "a=2; Path=/y; Secure"}},
                          {{"Set-Cookie", "a=2; Path=/y"}, {"Set-Cookie", "a=1; Path=/x"}}),
              ElementsAre("value header/set-cookie/a secure"));
  EXPECT_THAT(header_diff({{"Set-Cookie", "a=1; Secure"}, {"Set-Cookie", "a=2"}}, {{"Set-Cookie", "a=3"}}), IsEmpty());
}

TEST(HeaderDiff, TheDefaultRulesTellWhatTheyHid) {
  const auto hidden = [](const Headers& stable, const Headers& arm) {
    DivergenceSink sink(nullptr, "GET /", 1000);
    diff_headers(stable, arm, {}, sink);
    EXPECT_THAT(sink.take(), IsEmpty());
    Lines out;
    for (std::size_t at = 0; at < kDefaultRules.size(); ++at) {
      if ((sink.defaults_hidden() >> at & 1) != 0) out.emplace_back(kDefaultRules[at].header);
    }
    return out;
  };
  EXPECT_THAT(hidden({{"Date", "a"}, {"Server", "v1"}}, {{"Date", "b"}, {"Server", "v1"}}), ElementsAre("date"));
  EXPECT_THAT(hidden({{"Date", "a"}, {"Server", "v1"}}, {{"Content-Length", "4"}, {"Date", "a"}}),
              ElementsAre("server", "content-length"));
  EXPECT_THAT(hidden({{"Set-Cookie", "a=1"}}, {{"Set-Cookie", "a=2"}}), ElementsAre("set-cookie"));
  EXPECT_THAT(hidden({{"Via", "a"}, {"Via", "b"}}, {{"Via", "a, b"}}), IsEmpty());
}

TEST(HeaderDiff, WhatTheDefaultRulesHidIsListedOnRequest) {
  CompareOptions options;
  options.list_defaults = true;
  Response stable = response("{}"), arm = stable;
  stable.headers.add("Date", "a");
  arm.headers.add("Date", "b");
  const auto found = divergences(stable, arm, options);
  ASSERT_THAT(lines(found), ElementsAre("value header/date text→text"));
  EXPECT_EQ(found[0].disposition, Disposition::hidden);
  EXPECT_EQ(default_of_rule(found[0].rule), 0u);
}

TEST(HeaderDiff, TrailersAreListsAndHaveNoDefaultRules) {
  Response stable = response("{}"), arm = stable;
  stable.trailers = {{"Vary", "a, b"}, {"Date", "1"}};
  arm.trailers = {{"Date", "2"}, {"Vary", "B"}, {"Vary", "A"}};
  EXPECT_THAT(lines(divergences(stable, arm)), ElementsAre("value trailer/date number→number"));
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
              ElementsAre("value header/set-cookie/sid httponly,lifetime"));
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
