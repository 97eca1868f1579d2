#include "diff/compare.h"

#include <gmock/gmock.h>

#include "diff_testing.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Response failed(ArmError error, int status = 0) {
  Response out;
  out.error = error;
  out.status = status;
  return out;
}

TEST(Compare, EqualResponsesDoNotDiverge) {
  EXPECT_THAT(divergences(response(R"({"a":1})"), response(R"({"a":1})")), IsEmpty());
}

TEST(Compare, AnotherStatusIsOneDivergenceWhateverTheBody) {
  EXPECT_THAT(lines(divergences(response(R"({"a":1})"), response("oops", "text/plain", 500))),
              ElementsAre("status status 200→500"));
}

TEST(Compare, AnArmThatFailsIsOneDivergenceAtTheStatus) {
  const auto found = divergences(response("{}"), failed(ArmError::timeout));
  ASSERT_THAT(lines(found), ElementsAre("arm_error status timeout"));
  EXPECT_EQ(found[0].stable, "200");
  EXPECT_EQ(found[0].arm, "\"timeout\"");
}

TEST(Compare, StableAndArmThatFailAlikeDoNotDiverge) {
  EXPECT_THAT(divergences(failed(ArmError::refused), failed(ArmError::refused)), IsEmpty());
  EXPECT_THAT(divergences(failed(ArmError::timeout, 504), response("gone", "text/plain", 504)), IsEmpty());
}

TEST(Compare, AnArmThatAnswersWhereStableFailedDiverges) {
  EXPECT_THAT(lines(divergences(failed(ArmError::timeout, 504), response("{}"))),
              ElementsAre("status status timeout→200"));
  EXPECT_THAT(lines(divergences(failed(ArmError::timeout), failed(ArmError::reset))),
              ElementsAre("arm_error status reset"));
}

TEST(Compare, BothArmsAreComparedWithStable) {
  Comparison comparison;
  comparison.request.method = "GET";
  comparison.stable = response(R"({"a":1,"b":1})");
  comparison.candidate = response(R"({"a":2,"b":1})");
  comparison.control = response(R"({"a":1,"b":2})");
  compare(comparison, {});
  EXPECT_THAT(lines(comparison.candidate_divergences), ElementsAre("value body/a number→number"));
  EXPECT_THAT(lines(comparison.control_divergences), ElementsAre("value body/b number→number"));
  EXPECT_TRUE(comparison.divergent());
}

TEST(Compare, ComparingAgainForgetsWhatWasFoundBefore) {
  Comparison comparison;
  comparison.stable = response("[1]");
  comparison.candidate = response("[2]");
  compare(comparison, {});
  comparison.candidate = response("[1]");
  compare(comparison, {});
  EXPECT_FALSE(comparison.divergent());
}

TEST(Compare, ABodyThatIsNotTheJsonItClaimsToBeIsComparedAsBytes) {
  EXPECT_THAT(json_diff(R"({"a":1})", R"({"a":1)"), ElementsAre("bytes body json→not_json"));
  EXPECT_THAT(json_diff("{'a':1}", R"({"a":1})"), ElementsAre("bytes body not_json→json"));
  EXPECT_THAT(json_diff("{'a':1}", "{'a':2}"), ElementsAre("bytes body not_json→not_json"));
}

TEST(Compare, AnotherMediaClassIsOneDivergence) {
  EXPECT_THAT(lines(divergences(response("{}"), response("<html></html>", "application/json"))),
              ElementsAre("bytes body json→not_json"));
  EXPECT_THAT(lines(divergences(response("{}"), response("", "application/json"))),
              ElementsAre("bytes body json→empty"));
}

TEST(Compare, ABodyOverTheCopyLimitIsComparedByLengthAndHash) {
  Response stable = response("same start"), arm = stable;
  stable.body.length = arm.body.length = 1 << 20;
  stable.body.hash = 1;
  arm.body.hash = 1;
  EXPECT_THAT(divergences(stable, arm), IsEmpty());
  arm.body.hash = 2;
  EXPECT_THAT(lines(divergences(stable, arm)), ElementsAre("bytes body content"));
  arm.body.length += 1;
  EXPECT_THAT(lines(divergences(stable, arm)), ElementsAre("bytes body length"));
}

TEST(Compare, BinaryBodiesTellLengthAndFirstDifference) {
  const auto found =
      divergences(response(std::string("\0\1\2\3", 4), "image/png"), response(std::string("\0\1\7\3", 4), "image/png"));
  ASSERT_THAT(lines(found), ElementsAre("bytes body content"));
  EXPECT_EQ(found[0].arm, R"({"length":4,"first_difference":2})");
}

TEST(Compare, AHeadRequestHasNoBodyButItsContentLengthCounts) {
  Request head;
  head.method = "HEAD";
  Response stable = response(""), arm = response("");
  stable.headers.add("Content-Length", "10");
  arm.headers.add("Content-Length", "11");
  EXPECT_THAT(lines(diff_responses(head, stable, arm, {}, "HEAD /")),
              ElementsAre("value header/content-length number→number"));
  EXPECT_THAT(divergences(stable, arm), IsEmpty());
}

TEST(Compare, AFloodOfOneSignatureLeavesRoomForTheNext) {
  std::string stable = R"({"orders":[)", arm = R"({"orders":[)";
  for (int id = 0; id < 50'000; ++id) {
    const std::string order = (id != 0 ? R"(,{"id":)" : R"({"id":)") + std::to_string(id) + "}";
    stable += order;
    if (id < 1000) arm += order;
  }
  const auto found = divergences(response(stable + R"(],"total":1})"), response(arm + R"(],"total":2})"));
  EXPECT_THAT(found, SizeIs(126));
  EXPECT_EQ(line(found.front()), "missing body/orders/1000 object");
  EXPECT_EQ(found.front().generalized, "body/orders/*");
  EXPECT_EQ(line(found.back()), "value body/total number→number");
}

TEST(Compare, ANameCutInsideACodePointIsMalformedAtItsPlace) {
  const auto found = divergences(response(R"({"customer":{"name":"Zoë","id":1}})"),
                                 response("{\"customer\":{\"name\":\"Zo\xC3\",\"id\":1}}"));
  ASSERT_THAT(lines(found), ElementsAre("malformed body/customer/name invalid_utf8"));
  EXPECT_EQ(found[0].stable, "\"Zoë\"");
  EXPECT_EQ(found[0].arm, "\"Zo\\\\xc3\"");
}

TEST(Compare, ALegacyFieldThatBecomesNullChangesItsType) {
  const auto found = divergences(response(R"({"phone":"+49 30 1"})"), response(R"({"phone":null})"));
  ASSERT_THAT(lines(found), ElementsAre("type body/phone string→null"));
  EXPECT_EQ(found[0].to_class, "null");
}

TEST(Compare, APriceRoundedThroughAFloatIsOneValue) {
  EXPECT_THAT(json_diff(R"({"price":19.99})", R"({"price":19.989999771118164})"),
              ElementsAre("value body/price number→number"));
}

TEST(Compare, TagsInAnotherOrderAreReordered) {
  EXPECT_THAT(json_diff(R"({"tags":["a","b","c"]})", R"({"tags":["c","a","b"]})"),
              ElementsAre("reordered body/tags order"));
}

}  // namespace
}  // namespace truemirror
