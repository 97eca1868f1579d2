#include <gmock/gmock.h>

#include <algorithm>

#include "diff_testing.h"
#include "proxy/http/base64.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string base64url(std::string_view text) {
  std::string out = base64(text);
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  out.erase(std::min(out.find('='), out.size()));
  return out;
}

std::string token(std::string_view claims, std::string_view signature = "c2ln",
                  std::string_view header = R"({"alg":"HS256","typ":"JWT"})") {
  return base64url(header) + "." + base64url(claims) + "." + std::string(signature);
}

std::string json(const std::string& token) { return R"({"token":")" + token + R"("})"; }

TEST(Jwt, TokensCompareByClaims) {
  EXPECT_THAT(json_diff(json(token(R"({"sub":"ada","iat":1700000000,"scope":["a"]})", "AAAA")),
                        json(token(R"({"iat":1700000009,"sub":"ada","scope":["a","b"]})", "BBBB"))),
              ElementsAre("value body/token/~jwt/claims/iat epoch→epoch", "added body/token/~jwt/claims/scope/1 text"));
  EXPECT_THAT(json_diff(json(token("{}")), json(token("{}", "c2ln", R"({"alg":"none","typ":"JWT"})"))),
              ElementsAre("value body/token/~jwt/header/alg text→text"));
}

TEST(Jwt, TheSignatureCountsWhereNothingElseDiffers) {
  EXPECT_THAT(json_diff(json(token(R"({"sub":"ada"})", "AAAA")), json(token(R"({"sub":"ada"})", "BBBB"))),
              ElementsAre("value body/token jwt→jwt"));
}

TEST(Jwt, ATokenIsFoundInHeadersFieldsAndLines) {
  const std::string one = token(R"({"sub":"ada"})"), other = token(R"({"sub":"bob"})");
  Response stable = response("", ""), arm = response("", "");
  stable.headers.add("X-Auth", "Bearer " + one);
  arm.headers.add("X-Auth", "Bearer " + other);
  EXPECT_THAT(lines(divergences(stable, arm)), ElementsAre("value header/x-auth/~jwt/claims/sub text→text"));
  EXPECT_THAT(text_diff("t=" + one, "t=" + other, "application/x-www-form-urlencoded"),
              ElementsAre("value body/t/~jwt/claims/sub text→text"));
  EXPECT_THAT(text_diff("<a t='" + one + "'/>", "<a t='" + other + "'/>", "text/xml"),
              ElementsAre("value body/a/@t/~jwt/claims/sub text→text"));
  EXPECT_THAT(text_diff(one, other, "text/plain"), ElementsAre("value body/1/~jwt/claims/sub text→text"));
}

TEST(Jwt, OtherWordsBeforeItOrNoTokenAreOneValue) {
  const std::string one = token(R"({"sub":"ada"})"), other = token(R"({"sub":"bob"})");
  EXPECT_THAT(json_diff(json("Bearer " + one), json("DPoP " + other)), ElementsAre("value body/token text→text"));
  EXPECT_THAT(json_diff(json(one), json("eyJ.x.y")), ElementsAre("value body/token jwt→jwt"));
  EXPECT_THAT(json_diff(json(one), json(base64url("{\"a\":") + "." + base64url("{}") + ".x")),
              ElementsAre("value body/token jwt→jwt"));
}

TEST(Jwt, NoKeyOfTheUserReadsLikeAClaim) {
  EXPECT_THAT(json_diff(R"({"token":{"~jwt":{"claims":{"sub":1}}}})", R"({"token":{"~jwt":{"claims":{"sub":2}}}})"),
              ElementsAre("value body/token/~0jwt/claims/sub number→number"));
}

TEST(Jwt, RulesReachClaims) {
  CompareOptions options;
  options.rules = rules(
      "version: 1\nrules:\n  - where: {location: \"body/**/~jwt/claims/iat\"}\n    time_within: 5s\n    reason: made "
      "anew\n");
  const auto found = divergences(response(json(token(R"({"iat":1700000000})"))),
                                 response(json(token(R"({"iat":1700000003})"))), options);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].disposition, Disposition::hidden);
}

TEST(Jwt, HostileTokensAreTexts) {
  std::string deep(50'000, '[');
  EXPECT_THAT(json_diff(json(token("{\"a\":" + deep)), json(token("{\"b\":" + deep))),
              ElementsAre("value body/token text→text"));
  EXPECT_THAT(json_diff(json(token("{}")), json(token("{}"))), IsEmpty());
}

}  // namespace
}  // namespace truemirror
