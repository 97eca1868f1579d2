#include <gmock/gmock.h>

#include "diff_testing.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

CompareOptions with_rules(std::string_view yaml) {
  CompareOptions options;
  options.rules = rules(yaml);
  return options;
}

TEST(Arrays, OneInsertedElementIsOneDivergence) {
  EXPECT_THAT(json_diff("[1,2,3,4]", "[1,2,9,3,4]"), ElementsAre("added body/2 number"));
  EXPECT_THAT(json_diff("[1,2,9,3,4]", "[1,2,3,4]"), ElementsAre("missing body/2 number"));
}

TEST(Arrays, OneInsertedAmongTenThousandIsOneDivergence) {
  std::string stable = "[", arm = "[";
  for (int id = 0; id < 10'000; ++id) {
    const std::string element = R"({"id":)" + std::to_string(id) + R"(,"name":"n"},)";
    stable += element;
    arm += element;
    if (id == 5000) arm += R"({"id":-1,"name":"new"},)";
  }
  EXPECT_THAT(json_diff(stable + "0]", arm + "0]"), ElementsAre("added body/5001 object"));
}

TEST(Arrays, ElementsOfOneKeyAreComparedThoughTheyMoved) {
  EXPECT_THAT(json_diff(R"([{"id":1,"n":"a"},{"id":2,"n":"b"},{"id":3,"n":"c"}])",
                        R"([{"id":3,"n":"c"},{"id":1,"n":"x"},{"id":2,"n":"b"}])"),
              ElementsAre("reordered body order", "value body/0/n text→text"));
}

TEST(Arrays, TheKeyIsTheFieldThatMostElementsShare) {
  EXPECT_THAT(json_diff(R"([{"price":10,"sku":"a"},{"price":11,"sku":"b"},{"price":12,"sku":"c"}])",
                        R"([{"price":20,"sku":"a"},{"price":21,"sku":"b"},{"price":12,"sku":"c"}])"),
              ElementsAre("value body/0/price number→number", "value body/1/price number→number"));
}

TEST(Arrays, AValueOfTheKeyThatStandsTwiceOnOneSideIsNoKey) {
  EXPECT_THAT(json_diff(R"([{"id":1,"f":1.5},{"id":2,"f":2.5},{"id":3,"f":3.5}])",
                        R"([{"id":1,"f":1.5},{"id":1,"f":2.5},{"id":3,"f":9.5}])"),
              ElementsAre("value body/1/id number→number", "value body/2/f number→number"));
}

TEST(Arrays, ElementsOfOneConfiguredKeyPairInTheirOrder) {
  const auto options = with_rules(R"(
version: 1
rules:
  - where: {location: "body"}
    key: code
    reason: rows are identified by their code
)");
  EXPECT_THAT(json_diff(R"([{"code":"a","n":1},{"code":"a","n":2},{"code":"b","n":3}])",
                        R"([{"code":"b","n":4},{"code":"a","n":1},{"code":"a","n":5}])", options),
              ElementsAre("reordered body order", "value body/1/n number→number", "value body/2/n number→number"));
}

TEST(Arrays, AnElementThatTurnsNullStaysAtItsPlace) {
  EXPECT_THAT(json_diff(R"([{"id":1},{"id":2},{"id":3}])", R"([{"id":1},null,{"id":3}])"),
              ElementsAre("type body/1 object→null"));
}

TEST(Arrays, ElementsWithoutAKeyPairWithTheMostSimilar) {
  EXPECT_THAT(json_diff(R"([{"x":0.1,"y":true}])", R"([{"x":0.7,"y":false},{"x":0.2,"y":true}])"),
              ElementsAre("added body/0 object", "value body/0/x number→number"));
  EXPECT_THAT(json_diff(R"([[1,2,3],[4,5,6],[7,8,9]])", R"([[1,2,0],[7,8,0]])"),
              ElementsAre("value body/0/2 number→number", "missing body/1 array", "value body/2/2 number→number"));
}

TEST(Arrays, EqualMultisetsWithRepeatedElementsAreReordered) {
  EXPECT_THAT(json_diff("[1,1,2]", "[1,2,1]"), ElementsAre("reordered body order"));
  EXPECT_THAT(json_diff("[1,1,2]", "[1,2,2]"), SizeIs(testing::Gt(0u)));
}

TEST(Arrays, AConfiguredKeyComesFirst) {
  const auto options = with_rules(R"(
version: 1
rules:
  - where: {location: "body/rows"}
    key: code
    reason: rows are identified by their code
)");
  EXPECT_THAT(json_diff(R"({"rows":[{"id":1,"code":"a"},{"id":2,"code":"b"}]})",
                        R"({"rows":[{"id":7,"code":"a"},{"id":8,"code":"b"}]})", options),
              ElementsAre("value body/rows/0/id number→number", "value body/rows/1/id number→number"));
}

TEST(Arrays, ElementsWithoutTheConfiguredKeyPairAsASetDoes) {
  const auto options = with_rules("version: 1\nrules:\n  - where: {location: body}\n    key: id\n    reason: rows\n");
  EXPECT_THAT(json_diff(R"([{"note":"a"},{"id":1},{"id":2}])", R"([{"id":1},{"note":"a"},{"id":2}])", options),
              ElementsAre("reordered body order"));
  EXPECT_THAT(json_diff(R"([{"note":"a","n":1},{"id":1},7])", R"([{"id":1},{"note":"a","n":2},7])", options),
              ElementsAre("reordered body order", "value body/0/n number→number"));
  EXPECT_THAT(json_diff(R"([{"note":"a"},{"id":1},{"id":2}])", R"([{"id":2},{"id":1}])", options),
              ElementsAre("reordered body order", "missing body/0 object"));
}

TEST(Arrays, UnderUnorderedAPermutationIsHiddenAndAChangeIsNot) {
  const auto options = with_rules(R"(
version: 1
rules:
  - where: {location: "body/tags"}
    unordered: true
    reason: a set
)");
  const auto permuted =
      divergences(response(R"({"tags":["a","b","c"]})"), response(R"({"tags":["c","b","a"]})"), options);
  ASSERT_THAT(lines(permuted), ElementsAre("reordered body/tags order"));
  EXPECT_EQ(permuted[0].disposition, Disposition::hidden);
  const auto changed =
      divergences(response(R"({"tags":["a","b","c"]})"), response(R"({"tags":["c","x","a"]})"), options);
  ASSERT_THAT(lines(changed), ElementsAre("reordered body/tags order", "value body/tags/1 text→text"));
  EXPECT_EQ(changed[1].disposition, Disposition::open);
}

TEST(Arrays, OverTheBudgetElementsPairByPositionAndSaySo) {
  std::string stable = "[", arm = "[";
  for (int at = 0; at < 3000; ++at) {
    stable += "[" + std::to_string(at) + "],";
    arm += "[" + std::to_string(-1 - at) + "],";
  }
  CompareOptions options;
  options.max_divergences = 80'000;
  const auto found = divergences(response(stable + "0]"), response(arm + "0]"), options);
  ASSERT_THAT(found, SizeIs(3000));
  EXPECT_TRUE(found[0].approximate);
}

TEST(Arrays, AnAdversarialSequenceIsBounded) {
  std::string stable = "[", arm = "[";
  for (int at = 0; at < 20'000; ++at) {
    stable += std::to_string(at * 7919 % 64) + ",";
    arm += std::to_string(at * 104'729 % 61) + ",";
  }
  EXPECT_THAT(json_diff(stable + "0]", arm + "0]"), SizeIs(testing::Gt(0u)));
}

TEST(Arrays, NestedReorderingDoesNotShowTheSameBytesForEver) {
  std::string stable = "\"" + std::string(1 << 18, 'x') + "\"", arm = stable;
  for (int depth = 0; depth < 400; ++depth) {
    stable = R"([{"id":1,"in":)" + stable + R"(},{"id":2}])";
    arm = R"([{"id":2},{"id":1,"in":)" + arm + "}]";
  }
  const auto found = divergences(response(stable), response(arm));
  std::size_t bytes = 0;
  for (const Divergence& d : found) bytes += d.stable->size() + d.arm->size();
  EXPECT_GT(found.size(), 1u);
  EXPECT_LT(bytes, 80u << 20);
}

TEST(Arrays, AFloodOfDivergencesDeepDownIsBounded) {
  std::string stable = "[", arm = "[";
  for (int at = 0; at < 120'000; ++at) {
    stable += "1.5,";
    arm += "true,";
  }
  stable += "0]";
  arm += "0]";
  for (int depth = 0; depth < 200; ++depth) {
    stable = R"({"a key of some length":)" + stable + "}";
    arm = R"({"a key of some length":)" + arm + "}";
  }
  EXPECT_THAT(json_diff(stable, arm), SizeIs(125));
}

}  // namespace
}  // namespace truemirror
