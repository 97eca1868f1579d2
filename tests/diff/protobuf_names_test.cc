#include <gmock/gmock.h>

#include "diff_testing.h"
#include "protobuf_testing.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CompareOptions named(const std::string& more = "") {
  CompareOptions options;
  options.rules = rules(
                      "version: 1\nprotobuf:\n  descriptors: a.pb\n  messages:\n"
                      "    - {endpoint: \"GET /orders/*\", response: a.Order}\n" +
                      more)
                      ->with_types(ProtobufTypes::parse(shop_descriptors(), "a.pb").value(), "rules.yaml")
                      .value();
  return options;
}

Lines order(std::string stable, std::string arm) {
  return lines(divergences(response(std::move(stable), "application/x-protobuf"),
                           response(std::move(arm), "application/x-protobuf"), named()));
}

TEST(ProtobufNames, FieldsHaveTheirNamesAndValuesTheirTypes) {
  EXPECT_THAT(order(number(1, 7) + fixed64(2, 1.5) + number(3, 1) + bytes(4, bytes(1, "chair") + fixed64(2, 1)),
                    number(1, 8) + fixed64(2, 2.5) + number(3, 2) + bytes(4, bytes(1, "table") + fixed64(2, 1))),
              ElementsAre("value body/id number→number", "value body/total number→number", "value body/state text→text",
                          "value body/items/0/name text→text"));
  const auto found = divergences(response(number(3, 1) + number(7, 1), "application/x-protobuf"),
                                 response(number(3, 9) + number(7, 2), "application/x-protobuf"), named());
  ASSERT_EQ(lines(found), (Lines{"value body/state text→number", "value body/change number→number"}));
  EXPECT_EQ(found[0].stable, "\"PAID\"");
  EXPECT_EQ(found[0].arm, "9");
  EXPECT_EQ(found[1].stable, "-1");
}

TEST(ProtobufNames, AZeroIsAsGoodAsAbsent) {
  EXPECT_THAT(order(number(1, 0) + number(3, 0) + number(8, 0), ""), IsEmpty());
  EXPECT_THAT(order(number(1, 5), number(8, 1)), ElementsAre("missing body/id number", "added body/paid boolean"));
}

TEST(ProtobufNames, MapsHaveNoOrder) {
  const auto entry = [](std::string_view key, std::uint64_t value) {
    return bytes(5, bytes(1, key) + number(2, value));
  };
  EXPECT_THAT(order(entry("a", 1) + entry("b", 2), entry("b", 2) + entry("a", 1)), IsEmpty());
  EXPECT_THAT(order(entry("a", 1) + entry("b", 2), entry("b", 3) + entry("a", 1)),
              ElementsAre("value body/stock/1/value number→number"));
}

TEST(ProtobufNames, PackedNumbersAreTheSameNumbers) {
  EXPECT_THAT(order(bytes(6, varint(1) + varint(300)), number(6, 1) + number(6, 300)), IsEmpty());
  EXPECT_THAT(order(bytes(6, varint(1) + varint(300)), bytes(6, varint(1) + varint(2) + varint(300))),
              ElementsAre("added body/codes/1 number"));
}

TEST(ProtobufNames, WhatDoesNotFitItsDescriptorIsReadWithoutOne) {
  EXPECT_THAT(order(number(1, 7), bytes(1, "seven")), ElementsAre("type body/id varint→bytes"));
  EXPECT_THAT(order(number(99, 7), number(99, 8)), ElementsAre("value body/99 number→number"));
}

TEST(ProtobufNames, AGrpcMethodSaysWhatItAnswers) {
  Request request;
  request.method = "POST";
  request.target = "/a.Orders/Get";
  EXPECT_THAT(lines(diff_responses(request, response(frame(number(1, 7)), "application/grpc"),
                                   response(frame(number(1, 8)), "application/grpc"), named(), "POST /a.Orders/Get")),
              ElementsAre("value body/1/id number→number"));
}

TEST(ProtobufNames, AMessageThatNobodyDeclaresIsAProblem) {
  const auto wrong =
      rules("version: 1\nprotobuf:\n  descriptors: a.pb\n  messages:\n    - {endpoint: /x, response: a.Odrer}\n");
  const auto problem =
      wrong->with_types(ProtobufTypes::parse(shop_descriptors(), "a.pb").value(), "rules.yaml").error();
  EXPECT_THAT(problem.text, HasSubstr("rules.yaml:5: a.pb declares no message 'a.Odrer'"));
  EXPECT_THAT(ProtobufTypes::parse("text", "a.pb").error().text, HasSubstr("a.pb: no descriptor set"));
  const auto parsed = RuleSet::parse("version: 1\nprotobuf: {descriptor: a.pb}\n", "rules.yaml", WallTime{});
  EXPECT_THAT(parsed.error().text, HasSubstr("did you mean 'descriptors'"));
}

}  // namespace
}  // namespace truemirror
