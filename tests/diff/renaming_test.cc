#include "diff/renaming.h"

#include <gmock/gmock.h>

#include "diff_testing.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kA = "550e8400-e29b-41d4-a716-446655440000", kB = "1f8b9d52-7f3c-4a7e-9b1d-0a2b3c4d5e6f",
                  kC = "9e107d9d-372b-4b68-8d25-2f1a0c3b4d5e", kD = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }
std::string object(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string out;
  for (const auto& [key, value] : members) out += (out.empty() ? "{" : ",") + in_quotes(key) + ":" + in_quotes(value);
  return out + "}";
}

TEST(Renaming, AnIdThatIsAnotherEverywhereIsShownOnce) {
  Response stable = response(object({{"id", kA}, {"parent", kA}, {"self", "/orders/" + kA}}));
  Response arm = response(object({{"id", kB}, {"parent", kB}, {"self", "/orders/" + kB}}));
  stable.headers.add("X-Request-Id", kA);
  arm.headers.add("X-Request-Id", kB);
  const auto found = divergences(stable, arm);
  ASSERT_THAT(lines(found), ElementsAre("value body/id uuid→uuid"));
  EXPECT_EQ(found[0].repeated, 3u);
}

TEST(Renaming, TwoIdsAreTwoRenamings) {
  EXPECT_THAT(json_diff(object({{"a", kA}, {"b", kB}, {"c", kB}}), object({{"a", kC}, {"b", kD}, {"c", kD}})),
              ElementsAre("value body/a uuid→uuid", "value body/b uuid→uuid"));
}

TEST(Renaming, AnotherIdAtOnePlaceIsShownThere) {
  EXPECT_THAT(json_diff(object({{"id", kA}, {"parent", kA}}), object({{"id", kB}, {"parent", kC}})),
              ElementsAre("value body/id uuid→uuid", "value body/parent uuid→inconsistent"));
  EXPECT_THAT(
      json_diff(object({{"id", kA}, {"self", "/o/" + kA + "/x"}}), object({{"id", kB}, {"self", "/o/" + kC + "/x"}})),
      ElementsAre("value body/id uuid→uuid", "value body/self token→inconsistent"));
}

TEST(Renaming, OneIdForTwoIsShownToo) {
  EXPECT_THAT(json_diff(object({{"a", kA}, {"b", kB}}), object({{"a", kC}, {"b", kC}})),
              ElementsAre("value body/a uuid→uuid", "value body/b uuid→inconsistent"));
}

TEST(Renaming, TheKeptPlaceDoesNotDependOnTheOrderOfTheDocument) {
  EXPECT_THAT(json_diff(object({{"z", kA}, {"a", kA}}), object({{"z", kB}, {"a", kB}})),
              ElementsAre("value body/a uuid→uuid"));
}

TEST(Renaming, TextThatDiffersInMoreThanTheIdStays) {
  EXPECT_THAT(json_diff(object({{"id", kA}, {"self", "/v1/" + kA}}), object({{"id", kB}, {"self", "/v2/" + kB}})),
              ElementsAre("value body/id uuid→uuid", "value body/self token→token"));
}

TEST(Renaming, HashesTokensAndUlidsAreIdsAndNumbersAreNot) {
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"d41d8cd98f00b204", "e41d8cd98f00b204"},
                                                        {"01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW"},
                                                        {"req_8f3A9c2D11x7Kq0Z", "req_7e3A9c2D11x7Kq0Y"}}) {
    EXPECT_EQ(json_diff(object({{"a", from}, {"b", from}}), object({{"a", to}, {"b", to}})).size(), 1u) << from;
  }
  EXPECT_EQ(json_diff(R"({"a":17,"b":17})", R"({"a":18,"b":18})").size(), 2u);
}

TEST(Renaming, WhatIsHiddenNeverStandsForWhatIsNot) {
  CompareOptions options;
  options.rules = rules("version: 1\nrules:\n  - where: {location: body/a}\n    ignore: true\n    reason: r\n");
  const auto found =
      divergences(response(object({{"a", kA}, {"b", kA}})), response(object({{"a", kB}, {"b", kB}})), options);
  ASSERT_THAT(lines(found), ElementsAre("value body/a uuid→uuid", "value body/b uuid→uuid"));
  EXPECT_EQ(found[1].disposition, Disposition::open);
}

TEST(Renaming, AcceptedAtItsPlaceItIsAcceptedAsAWholeButNotWhereItIsInconsistent) {
  CompareOptions options;
  options.rules = rules(
      "version: 1\nrules:\n  - where: {location: body/**}\n    accept: {kind: value, from: uuid, to: uuid}\n"
      "    reason: r\n");
  const std::string stable = object({{"a", kA}, {"b", kA}});
  const auto all = divergences(response(stable), response(object({{"a", kB}, {"b", kB}})), options);
  ASSERT_THAT(lines(all), ElementsAre("value body/a uuid→uuid"));
  EXPECT_EQ(all[0].disposition, Disposition::accepted);
  const auto odd = divergences(response(stable), response(object({{"a", kB}, {"b", kC}})), options);
  ASSERT_THAT(lines(odd), ElementsAre("value body/a uuid→uuid", "value body/b uuid→inconsistent"));
  EXPECT_EQ(odd[0].disposition, Disposition::accepted);
  EXPECT_EQ(odd[1].disposition, Disposition::open);
}

Lines asked(const Headers& headers, std::string stable, std::string arm, std::string_view target = "/orders") {
  Request request;
  request.method = "GET";
  request.target = target;
  request.headers = headers;
  return lines(diff_responses(request, response(std::move(stable)), response(std::move(arm)), {}, "GET /orders"));
}

TEST(Echo, AnIdThatStableEchoesHasToBeEchoed) {
  const Headers headers{{"X-Request-Id", kA}};
  const std::string echoed = object({{"id", kA}, {"link", "/trace/" + kA}});
  EXPECT_THAT(asked(headers, echoed, object({{"id", kB}, {"link", "/trace/" + kB}})),
              ElementsAre("value body/id echo→uuid", "value body/link echo→token"));
  EXPECT_THAT(asked(headers, object({{"id", kC}}), object({{"id", kA}})), ElementsAre("value body/id uuid→echo"));
  EXPECT_THAT(asked({}, echoed, object({{"id", kB}, {"link", "/trace/" + kB}})),
              ElementsAre("value body/id uuid→uuid"));
  EXPECT_THAT(asked({}, object({{"id", kA}}), object({{"id", kB}}), "/orders/" + kA),
              ElementsAre("value body/id echo→uuid"));
}

TEST(Echo, EachArmHasASpanOfItsOwn) {
  const Headers headers{{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
  EXPECT_THAT(asked(headers, object({{"span", "b7ad6b7169203331"}}), object({{"span", "c7ad6b7169203332"}})),
              ElementsAre("value body/span hash→hash"));
  EXPECT_THAT(asked(headers, object({{"trace", "0af7651916cd43dd8448eb211c80319c"}}),
                    object({{"trace", "1af7651916cd43dd8448eb211c80319d"}})),
              ElementsAre("value body/trace echo→hash"));
}

TEST(DifferingIds, AreFoundWithinTextAndOnlyWhereNothingElseDiffers) {
  const std::string stable = "a/" + kA + "?b=order-" + kB + "!", arm = "a/" + kC + "?b=order-" + kD + "!";
  const auto found = differing_ids(stable, arm);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].stable, kA);
  EXPECT_EQ(found[1].arm, kD);
  EXPECT_THAT(differing_ids("x", "y"), IsEmpty());
  EXPECT_THAT(differing_ids("same", "same"), IsEmpty());
  EXPECT_THAT(differing_ids(kA, ""), IsEmpty());
  EXPECT_THAT(differing_ids(kA + " x", kB + " y"), IsEmpty());
}

}  // namespace
}  // namespace truemirror
