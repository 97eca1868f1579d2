#include "diff/uncompared.h"

#include <gtest/gtest.h>

#include "diff/compare.h"

namespace truemirror {
namespace {

Request conditional(std::string_view name, std::string_view value) {
  Request request;
  request.method = "GET";
  request.headers.add(name, value);
  return request;
}

Response answer(int status, std::string_view tag = "", std::string_view date = "") {
  Response response;
  response.status = status;
  if (!tag.empty()) response.headers.add("ETag", tag);
  if (!date.empty()) response.headers.add("Last-Modified", date);
  return response;
}

constexpr const char* kSent = R"("s1")";
constexpr const char* kOwn = R"("a1")";

TEST(Uncompared, AnArmThatNeverIssuedTheValidatorAndAnswersInFullIsNotCompared) {
  EXPECT_EQ(why_uncompared(conditional("If-None-Match", kSent), answer(304, kSent), answer(200, kOwn), false),
            Uncompared::revalidation);
  EXPECT_EQ(why_uncompared(conditional("If-None-Match", kSent), answer(304, kSent), answer(200), false),
            Uncompared::revalidation)
      << "it issues none at all";
  EXPECT_EQ(why_uncompared(conditional("If-Modified-Since", "Mon"), answer(304), answer(200, "", "Tue"), false),
            Uncompared::revalidation);
  EXPECT_EQ(why_uncompared(conditional("If-Modified-Since", "Mon"), answer(200, "", "Tue"), answer(304), false),
            Uncompared::revalidation)
      << "the other way round";
  EXPECT_EQ(why_uncompared(conditional("If-Match", kSent), answer(204), answer(412), false), Uncompared::revalidation);
  EXPECT_EQ(why_uncompared(conditional("If-Range", kSent), answer(206, kSent), answer(200, kOwn), false),
            Uncompared::revalidation);
}

TEST(Uncompared, AnArmThatIssuedItHasToHonourIt) {
  EXPECT_EQ(why_uncompared(conditional("If-None-Match", kSent), answer(304, kSent), answer(200, kOwn), true),
            Uncompared::no);
  EXPECT_EQ(why_uncompared(conditional("If-None-Match", R"("x", "s1")"), answer(304), answer(200, R"(W/"s1")"), false),
            Uncompared::no)
      << "its answer carries what was sent";
  EXPECT_EQ(why_uncompared(conditional("If-Modified-Since", "Mon"), answer(304), answer(200, "", "Mon"), false),
            Uncompared::no);
}

TEST(Uncompared, WhatTheConditionDoesNotExplainIsCompared) {
  for (const auto& [stable, arm] : {std::pair(200, 200), {304, 304}, {304, 500}, {304, 404}, {500, 304}, {200, 412}})
    EXPECT_EQ(why_uncompared(conditional("If-None-Match", "*"), answer(stable), answer(arm), false), Uncompared::no)
        << stable << " " << arm;
  EXPECT_EQ(why_uncompared(conditional("If-None-Match", kSent), answer(304), answer(500), false), Uncompared::no);
  EXPECT_EQ(why_uncompared(conditional("Accept", kSent), answer(304), answer(200), false), Uncompared::no);
  EXPECT_EQ(why_uncompared(conditional("If-Range", kSent), answer(304), answer(200), false), Uncompared::no);
}

TEST(Uncompared, ComparingAddsNothingToAnUncomparedArmAndSaysWhy) {
  Comparison comparison;
  comparison.request = conditional("If-None-Match", kSent);
  comparison.stable = answer(304, kSent);
  comparison.candidate = comparison.control.emplace(answer(200, kOwn));
  comparison.control_issued = true;
  compare(comparison, {});
  EXPECT_EQ(comparison.candidate_uncompared, Uncompared::revalidation);
  EXPECT_TRUE(comparison.candidate_divergences.empty());
  EXPECT_EQ(comparison.control_uncompared, Uncompared::no);
  EXPECT_FALSE(comparison.control_divergences.empty());
}

}  // namespace
}  // namespace truemirror
