#include "diff/json.h"

#include <gmock/gmock.h>

#include "diff/decimal.h"
#include "diff_testing.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

bool is_json(std::string_view text) {
  JsonDocument document;
  return document.parse(text, {});
}

TEST(Json, TakesWhatTheGrammarAllows) {
  for (const std::string_view text : {"0", "-0", "1.5e-7", " [ ] ", "{}", R"("\u00e9\ud83d\ude00")", "[1,[2,{}],\"x\"]",
                                      "true", "false", "null", R"({"a":{"b":[]}})", "1e999999999"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
}

TEST(Json, RefusesWhatTheGrammarDoesNotAllow) {
  for (const std::string_view text : {"",        " ",           "01",       "1.",     ".5",
                                      "+1",      "1e",          "tru",      "nulll",  "[1,]",
                                      "[,1]",    "{\"a\"}",     "{\"a\":}", "{a:1}",  "{\"a\":1,}",
                                      "\"\\x\"", "\"\\u12g4\"", "\"a",      "\"\n\"", "[",
                                      "]",       "{]",          "1 2",      "[1 2]",  "\xEF\xBB\xBF{}",
                                      "NaN",     "'a'"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(Json, SaysWhereItStopped) {
  JsonDocument document;
  EXPECT_FALSE(document.parse(R"({"a":tru})", {}));
  EXPECT_EQ(document.error_at(), 5u);
}

TEST(Json, DecodesEscapesOnce) {
  JsonDocument document;
  ASSERT_TRUE(document.parse(R"(["a\"\\\/\b\f\n\r\tz","\u0041\ud83d\ude00"])", {}));
  EXPECT_EQ(document.text(document[1]), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(document.text(document[2]), "A😀");
}

TEST(Json, ADocumentOfTooManyValuesIsRefused) {
  JsonDocument document;
  EXPECT_TRUE(document.parse("[1,2]", {512, 3}));
  EXPECT_FALSE(document.parse("[1,2,3]", {512, 3}));
}

TEST(Json, AHundredThousandBracketsAreParsedWithoutRecursion) {
  JsonDocument document;
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  ASSERT_TRUE(document.parse(deep, {}));
  EXPECT_EQ(document.size(), 513u);
  EXPECT_FALSE(document.parse(deep + "]", {}));
  EXPECT_FALSE(document.parse(std::string(100'000, '['), {}));
}

TEST(Json, ADocumentThatIsParsedAgainKeepsNothingOfTheLastOne) {
  JsonDocument document;
  ASSERT_TRUE(document.parse(R"({"a\n":[1,"\ud800",{"b":[true,null]}],"c":2})", {}));
  ASSERT_TRUE(document.parse(R"([[],7,{"k":"v"}])", {}));
  EXPECT_EQ(document.size(), 5u);
  EXPECT_EQ(document.json(0), R"([[],7,{"k":"v"}])");
  EXPECT_EQ(document[0].flaws, 0);
  EXPECT_EQ(document.key(document[2]), "");
  EXPECT_EQ(document.key(document[4]), "k");
  document.keep(0);
  EXPECT_EQ(document.size(), 0u);
  ASSERT_TRUE(document.parse("[1]", {}));
  EXPECT_EQ(document.size(), 2u);
}

TEST(Json, FlawedTextIsShownAsJsonAnyway) {
  JsonDocument document;
  ASSERT_TRUE(document.parse("{\"a\":[1,\"\xFF\"],\"b\":\"\\ud800\"}", {}));
  EXPECT_EQ(document.json(0), R"({"a":[1,"\\xff"],"b":"\\xed\\xa0\\x80"})");
}

TEST(Decimal, EqualValuesAreEqualHoweverTheyAreWritten) {
  for (const auto& [a, b] : {std::pair{"1", "1.0"},
                             {"1", "1e0"},
                             {"100", "1e2"},
                             {"0.001", "1e-3"},
                             {"-0", "0"},
                             {"0e999999999999999999999", "0"},
                             {"12.50", "1.25e1"},
                             {"1E+2", "100.00"},
                             {"1e999999999", "10e999999998"},
                             {"0.00120", "12e-4"}}) {
    EXPECT_TRUE(decimal_equal(a, b)) << a << " " << b;
    EXPECT_EQ(decimal_hash(a), decimal_hash(b)) << a << " " << b;
  }
}

TEST(Decimal, ValuesThatADoubleConfusesAreTold) {
  for (const auto& [a, b] : {std::pair{"9007199254740993", "9007199254740992"},
                             {"0.1", "0.10000000000000001"},
                             {"1", "-1"},
                             {"1e999999999", "1e999999998"},
                             {"1", "10"},
                             {"1.01", "1.1"},
                             {"0", "1e-400"},
                             {"1e99999999999999999999", "1e99999999999999999998"}}) {
    EXPECT_FALSE(decimal_equal(a, b)) << a << " " << b;
  }
}

TEST(JsonDiff, MembersInAnotherOrderAreEqual) {
  EXPECT_THAT(json_diff(R"({"a":1,"b":{"c":2,"d":3}})", R"({"b":{"d":3.0,"c":2},"a":1e0})"), IsEmpty());
}

TEST(JsonDiff, EscapesAreSpellingOnly) { EXPECT_THAT(json_diff(R"(["é/"])", R"(["\u00e9\/"])"), IsEmpty()); }

TEST(JsonDiff, EachKindStandsAtItsPlace) {
  EXPECT_THAT(json_diff(R"({"a":1,"b":"x","c":true,"d":[1]})", R"({"a":2,"b":7,"d":[1],"e":{}})"),
              ElementsAre("value body/a number→number", "type body/b string→number", "missing body/c boolean",
                          "added body/e object"));
}

TEST(JsonDiff, LocationsAreJsonPointersAndGeneralizeByShape) {
  const auto found = divergences(response(R"({"a/b~":{"550e8400-e29b-41d4-a716-446655440000":[[5]]},"":1})"),
                                 response(R"({"a/b~":{"550e8400-e29b-41d4-a716-446655440000":[[6]]},"":2})"));
  ASSERT_THAT(lines(found), ElementsAre("value body/a~1b~0/550e8400-e29b-41d4-a716-446655440000/0/0 number→number",
                                        "value body/ number→number"));
  EXPECT_EQ(found[0].generalized, "body/a~1b~0/*/*/*");
}

TEST(JsonDiff, AnotherRootIsLocatedAtTheBody) {
  EXPECT_THAT(json_diff("1", "2"), ElementsAre("value body number→number"));
  EXPECT_THAT(json_diff("{}", "[]"), ElementsAre("type body object→array"));
}

TEST(JsonDiff, ADuplicateKeyIsMalformedWhereTheSidesDifferInIt) {
  EXPECT_THAT(json_diff(R"({"a":1})", R"({"a":1,"a":2})"), ElementsAre("malformed body/a duplicate_key"));
  EXPECT_THAT(json_diff(R"({"a":1,"a":2})", R"({"a":2})"), ElementsAre("malformed body/a was_duplicate_key"));
  EXPECT_THAT(json_diff(R"({"a":1,"a":2})", R"({"a":1,"a":3})"), ElementsAre("malformed body/a duplicate_key"));
  EXPECT_THAT(json_diff(R"({"a":1,"a":2,"b":0})", R"({"b":0,"a":1,"a":2})"), IsEmpty());
  EXPECT_EQ(divergences(response(R"({"a":1})"), response(R"({"a":1,"a":2})"))[0].arm, "[1,2]");
}

TEST(JsonDiff, ALoneSurrogateIsMalformedWhereTheSidesDifferInIt) {
  EXPECT_THAT(json_diff(R"(["\ud83d\ude00"])", R"(["\ud83d"])"), ElementsAre("malformed body/0 lone_surrogate"));
  EXPECT_THAT(json_diff(R"(["\ud83d"])", R"(["x"])"), ElementsAre("malformed body/0 was_lone_surrogate"));
  EXPECT_THAT(json_diff(R"(["\ud83d", 1])", R"(["\ud83d",1])"), IsEmpty());
}

TEST(JsonDiff, ALoneSurrogateIsNotTheSameBytesWrittenRawWhereverItStands) {
  const std::string escaped = R"("\ud800")", raw = "\"\xED\xA0\x80\"";
  EXPECT_THAT(json_diff("{\"a\":" + escaped + "}", "{\"a\":" + raw + "}"), testing::SizeIs(1));
  EXPECT_THAT(json_diff("[" + escaped + ",1]", "[" + raw + ",1]"), ElementsAre("malformed body/0 invalid_utf8"));
  EXPECT_THAT(json_diff("[[" + escaped + "],1]", "[[" + raw + "],1]"), ElementsAre("malformed body/0/0 invalid_utf8"));
}

TEST(JsonDiff, AKeyGivenTwiceInAnotherOrderIsSeenInsideAnArrayToo) {
  EXPECT_THAT(json_diff(R"([{"a":1,"a":2}])", R"([{"a":2,"a":1}])"), ElementsAre("malformed body/0/a duplicate_key"));
  EXPECT_THAT(json_diff(R"([{"a":1,"a":2,"b":0}])", R"([{"b":0,"a":1,"a":2}])"), IsEmpty());
}

TEST(JsonDiff, MembersInAnyOrderAreMatchedInSmallAndLargeObjects) {
  for (const int count : {2, 3, 23, 24, 25, 60}) {
    std::string stable = "{", arm = "{";
    for (int at = 0; at < count; ++at) {
      stable += "\"k" + std::to_string(at) + "\":[" + std::to_string(at) + "],";
      arm += "\"k" + std::to_string((at * 7 + 1) % count) + "\":[" + std::to_string((at * 7 + 1) % count) + ".0],";
    }
    if (count % 7 == 0) continue;  // the step has to reach every key
    EXPECT_THAT(json_diff(stable + "\"x\":1}", arm + "\"x\":1}"), IsEmpty()) << count;
    EXPECT_THAT(json_diff("[" + stable + "\"x\":1}]", "[" + arm + "\"x\":1}]"), IsEmpty()) << count;
    EXPECT_THAT(json_diff(stable + "\"x\":1}", arm + "\"y\":1}"),
                ElementsAre("missing body/x number", "added body/y number"))
        << count;
  }
}

TEST(JsonDiff, TooDeepNestingIsMalformedWhereTheSidesDifferInIt) {
  const auto nested = [](std::size_t depth, const std::string& inside) {
    return std::string(depth, '[') + inside + std::string(depth, ']');
  };
  CompareOptions options;
  options.max_depth = 3;
  EXPECT_THAT(json_diff(nested(3, "1"), nested(3, "2"), options), ElementsAre("value body/0/0/0 number→number"));
  EXPECT_THAT(json_diff(nested(4, "1"), nested(4, "2"), options), ElementsAre("malformed body/0/0/0 too_deep"));
  EXPECT_THAT(json_diff(nested(4, "1"), nested(4, "1 "), options), ElementsAre("malformed body/0/0/0 too_deep"));
  EXPECT_THAT(json_diff(nested(900, "1"), nested(900, "2")), testing::SizeIs(1));
}

TEST(JsonDiff, AnEnormousExponentCostsNothing) {
  EXPECT_THAT(json_diff("[1e999999999]", "[1e999999998]"), ElementsAre("value body/0 number→number"));
}

TEST(JsonDiff, AHundredThousandKeysWithOnePrefixAreMatched) {
  std::string stable = "{", arm = "{";
  for (int key = 0; key < 100'000; ++key) {
    const auto member = [&](int name) {
      return (key != 0 ? ",\"" : "\"") + std::string(40, 'x') + std::to_string(name) + "\":" + std::to_string(name);
    };
    stable += member(key);
    arm += member(99'999 - key);
  }
  EXPECT_THAT(json_diff(stable + "}", arm + "}"), IsEmpty());
  EXPECT_THAT(json_diff(stable + ",\"y\":1}", arm + ",\"y\":2}"), ElementsAre("value body/y number→number"));
}

TEST(JsonDiff, AnotherUsersDataDiffersInSeveralValues) {
  EXPECT_THAT(json_diff(R"({"id":1,"customer":{"name":"Ada","email":"ada@example.com"},"total":10})",
                        R"({"id":1,"customer":{"name":"Bob","email":"bob@example.com"},"total":99})"),
              ElementsAre("value body/customer/name text→text", "value body/customer/email email→email",
                          "value body/total number→number"));
}

}  // namespace
}  // namespace truemirror
