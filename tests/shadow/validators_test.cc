#include "proxy/shadow/validators.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

Response answer(int status, std::string_view tag, std::string_view date = "") {
  Response response;
  response.status = status;
  if (!tag.empty()) response.headers.add("ETag", tag);
  if (!date.empty()) response.headers.add("Last-Modified", date);
  return response;
}

Sample sample(const std::string& fields, Response stable, const std::string& target = "/f") {
  Sample made;
  made.head = "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields;
  made.target = target;
  made.stable = std::move(stable);
  return made;
}

// What an arm is sent in place of these fields, and whether it has issued it.
struct Sent {
  std::string fields;
  bool issued = false;
  bool operator==(const Sent&) const = default;
};
Sent sent(Validators& validators, const std::string& fields, Response stable = answer(304, ""),
          const std::string& target = "/f") {
  const Sample asked = sample(fields, std::move(stable), target);
  std::string head = asked.head + "\r\n";
  const bool issued = validators.translate(asked, head);
  return {head.substr(asked.head.size() - fields.size(), head.size() - (asked.head.size() - fields.size()) - 2),
          issued};
}

constexpr const char* kDay1 = "Mon, 01 Jan 2024 00:00:00 GMT";
constexpr const char* kDay2 = "Tue, 02 Jan 2024 00:00:00 GMT";

TEST(Validators, TheArmIsSentItsOwnWhereItStandsBesideStables) {
  Validators validators;
  validators.learn(sample("", answer(200, R"("s1")", kDay1)), answer(200, R"(W/"a1")", kDay2));
  EXPECT_EQ(sent(validators, "If-None-Match: \"s1\"\r\n"), (Sent{"If-None-Match: W/\"a1\"\r\n", true}));
  EXPECT_EQ(sent(validators, "if-match:W/\"s1\"\r\n"), (Sent{"if-match: W/\"a1\"\r\n", true}));
  EXPECT_EQ(sent(validators, "If-Range: \"s1\"\r\n"), (Sent{"If-Range: W/\"a1\"\r\n", true}));
  EXPECT_EQ(sent(validators, std::string("If-Modified-Since: ") + kDay1 + "\r\n"),
            (Sent{std::string("If-Modified-Since: ") + kDay2 + "\r\n", true}));
}

TEST(Validators, WhatIsNotKnownIsLeftAsItIs) {
  Validators validators;
  validators.learn(sample("", answer(200, R"("s1")")), answer(200, R"("a1")"));
  for (const char* fields : {"If-None-Match: \"other\"\r\n", "If-None-Match: *\r\n", "If-None-Match: s1\r\n",
                             "If-None-Match: \"s1\r\n", "If-Unmodified-Since: yesterday\r\n", "Accept: \"s1\"\r\n"})
    EXPECT_EQ(sent(validators, fields), (Sent{fields, false}));
  EXPECT_EQ(sent(validators, "If-None-Match: \"s1\"\r\n", answer(304, ""), "/g").fields, "If-None-Match: \"s1\"\r\n")
      << "of another URL";
}

TEST(Validators, AnArmThatIssuedTheVeryValidatorIsKnownTo) {
  Validators validators;
  validators.learn(sample("", answer(200, "")), answer(200, R"("same")"));
  EXPECT_EQ(sent(validators, "If-None-Match: \"same\"\r\n"), (Sent{"If-None-Match: \"same\"\r\n", true}));
}

TEST(Validators, OfAListEachIsTranslatedAndTheOneThatStableHasNowDecides) {
  Validators validators;
  validators.learn(sample("", answer(200, R"("s1")")), answer(200, R"("a1")"));
  const std::string list = "If-None-Match: \"s1\", W/\"s2\"\r\n";
  EXPECT_EQ(sent(validators, list, answer(304, R"("s2")")), (Sent{"If-None-Match: \"a1\", W/\"s2\"\r\n", false}));
  EXPECT_TRUE(sent(validators, list, answer(304, R"("s1")")).issued);
}

TEST(Validators, ADateBesideATagIsNotWhatDecides) {
  Validators validators;
  validators.learn(sample("", answer(200, "", kDay1)), answer(200, "", kDay2));
  EXPECT_FALSE(sent(validators, std::string("If-None-Match: \"s1\"\r\nIf-Modified-Since: ") + kDay1 + "\r\n").issued);
}

TEST(Validators, ErrorsTeachNothing) {
  Validators validators;
  validators.learn(sample("", answer(404, R"("s1")")), answer(200, R"("a1")"));
  validators.learn(sample("", answer(200, R"("s2")")), answer(500, R"("a2")"));
  EXPECT_EQ(sent(validators, "If-None-Match: \"s1\", \"s2\"\r\n").fields, "If-None-Match: \"s1\", \"s2\"\r\n");
}

TEST(Validators, WhatIsAskedForStaysAndTheRestIsForgotten) {
  Validators validators;
  const auto learn = [&](std::size_t at) {
    const std::string number = std::to_string(at);
    validators.learn(sample("", answer(200, "\"s" + number + "\"")), answer(200, "\"a" + number + "\""));
  };
  learn(0);
  learn(1);
  for (std::size_t at = 2; at < 2 * Validators::kEntries; ++at) {
    learn(at);
    if (at % 1000 == 0) {
      EXPECT_TRUE(sent(validators, "If-None-Match: \"s0\"\r\n").issued) << at;
    }
  }
  EXPECT_FALSE(sent(validators, "If-None-Match: \"s1\"\r\n").issued);
}

}  // namespace
}  // namespace truemirror
