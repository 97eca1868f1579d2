#include <gmock/gmock.h>

#include "diff_testing.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Lines xml(std::string stable, std::string arm) {
  return text_diff(std::move(stable), std::move(arm), "application/xml");
}
Lines html(std::string stable, std::string arm) { return text_diff(std::move(stable), std::move(arm), "text/html"); }

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

TEST(Markup, ElementsAndAttributesHavePaths) {
  EXPECT_THAT(
      html("<ul><li class=a>x</li><li class=b>y</li></ul>", "<ul><li class=a>x</li><li class=c>z</li></ul>"),
      ElementsAre("value body/html/body/ul/li/2/@class text→text", "value body/html/body/ul/li/2/text text→text"));
  EXPECT_THAT(xml("<o id='1'><total cur='EUR'>5</total></o>", "<o id='1'><total cur='USD'>5.5</total></o>"),
              ElementsAre("value body/o/total/@cur text→text", "value body/o/total/text number→number"));
}

TEST(Markup, InTheGeneralizedLocationANumberIsAStar) {
  const auto found =
      divergences(response("<a><b>1</b><b>2</b></a>", "text/xml"), response("<a><b>1</b><b>3</b></a>", "text/xml"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].generalized, "body/a/b/*/text");
  EXPECT_EQ(found[0].stable, "\"2\"");
}

TEST(Markup, ANumberDependsOnItsOwnSideAlone) {
  EXPECT_THAT(xml("<a><b>1</b></a>", "<a><b>2</b><b x='y'>3</b></a>"),
              ElementsAre("value body/a/b/text number→number", "added body/a/b/2 element"));
}

TEST(Markup, AttributesHaveNoOrderAndMayComeAndGo) {
  EXPECT_THAT(xml("<a x='1' y='2'/>", "<a y='2' x='1'/>"), IsEmpty());
  EXPECT_THAT(xml("<a x='1' y='2'/>", "<a x='1' z='2'/>"),
              ElementsAre("missing body/a/@y number", "added body/a/@z number"));
}

TEST(Markup, WhatIsNoContentDoesNotCount) {
  EXPECT_THAT(xml("<?xml version='1.0'?><!-- a --><a><b/>t<!-- b -->u</a>", "<a>\n  <b></b>tu<?p q?></a>\n"),
              IsEmpty());
  EXPECT_THAT(html("<!DOCTYPE html><p>a  b</p><p>c", "<html><head></head><body>\n<p> a\nb </p><p>c</p></body></html>"),
              IsEmpty());
}

TEST(Markup, WhiteSpaceCountsWhereItIsContent) {
  EXPECT_THAT(xml("<a>x y</a>", "<a>x  y</a>"), ElementsAre("value body/a/text text→text"));
  EXPECT_THAT(xml("<a xml:space='preserve'> <b/></a>", "<a xml:space='preserve'><b/></a>"),
              ElementsAre("missing body/a/text text"));
  EXPECT_THAT(html("<pre>a  b</pre>", "<pre>a b</pre>"), ElementsAre("value body/html/body/pre/text text→text"));
}

TEST(Markup, ANamespaceCountsAndItsPrefixDoesNot) {
  EXPECT_THAT(xml("<s:e xmlns:s='urn:1' s:k='v'/>", "<x:e xmlns:x='urn:1' x:k='v'/>"), IsEmpty());
  EXPECT_THAT(xml("<s:e xmlns:s='urn:1'><s:n>1</s:n></s:e>", "<e xmlns='urn:1'><n>2</n></e>"),
              ElementsAre("value body/s:e/s:n/text number→number"));
  EXPECT_THAT(xml("<s:e xmlns:s='urn:1'/>", "<s:e xmlns:s='urn:2'/>"),
              ElementsAre("missing body/s:e element", "added body/s:e element"));
}

TEST(Markup, OneInsertedElementIsOneDivergence) {
  const std::string rows = repeated("<row><n>1</n></row><row><n>2</n></row>", 2500);
  EXPECT_THAT(xml("<t>" + rows + rows + "</t>", "<t>" + rows + "<row><n>new</n></row>" + rows + "</t>"),
              ElementsAre("added body/t/row/5001 element"));
}

TEST(Markup, AnElementThatChangedIsStillThatElement) {
  EXPECT_THAT(xml("<t><r a='1'><n>x</n><m>1</m></r><r a='2'><n>y</n><m>2</m></r></t>",
                  "<t><r a='0'/><r a='1'><n>x</n><m>9</m></r><r a='2'><n>y</n><m>2</m></r></t>"),
              ElementsAre("added body/t/r/1 element", "value body/t/r/1/m/text number→number"));
}

TEST(Markup, ElementsPairByTheirIds) {
  EXPECT_THAT(
      html("<table><tr id=a><td>1<tr id=b><td>2<tr id=c><td>3</table>",
           "<table><tr id=c><td>3<tr id=a><td>1<tr id=b><td>5</table>"),
      ElementsAre("reordered body/html/body/table order", "value body/html/body/table/tr/2/td/text number→number"));
}

TEST(Markup, AnotherOrderIsOneDivergence) {
  EXPECT_THAT(xml("<t><a>1</a><a>2</a><a>3</a></t>", "<t><a>3</a><a>1</a><a>2</a></t>"),
              ElementsAre("reordered body/t order"));
}

TEST(Markup, RulesSayWhatIsASetAndWhatIsAKey) {
  CompareOptions options;
  options.rules = rules("version: 1\nrules:\n  - where: {location: body/t}\n    key: sku\n    reason: catalogue\n");
  EXPECT_THAT(
      lines(divergences(response("<t><i sku='a'>1</i><i sku='b'>2</i></t>", "text/xml"),
                        response("<t><i sku='c'>2</i><i sku='a'>7</i></t>", "text/xml"), options)),
      ElementsAre("value body/t/i/1/text number→number", "missing body/t/i/2 element", "added body/t/i/1 element"));
  options.rules = rules("version: 1\nrules:\n  - where: {location: body/t}\n    unordered: true\n    reason: a set\n");
  const auto found = divergences(response("<t><i>1</i><i>2</i><i>3</i></t>", "text/xml"),
                                 response("<t><i>3</i><i>1</i><i>2</i></t>", "text/xml"), options);
  for (const Divergence& d : found) EXPECT_EQ(d.disposition, Disposition::hidden) << line(d);
}

TEST(Markup, AMissingElementShowsItsMarkup) {
  const auto found =
      divergences(response("<a><b k='&amp;&quot;'>1 &lt; 2</b></a>", "text/xml"), response("<a/>", "text/xml"));
  ASSERT_EQ(lines(found), Lines{"missing body/a/b element"});
  EXPECT_EQ(found[0].stable, R"("<b k=\"&amp;&quot;\">1 &lt; 2</b>")");
}

TEST(Markup, ScriptsAreText) {
  EXPECT_THAT(html("<script>if (a<b) {\"x\":1}</script>", "<script>if (a<b) {\"x\":2}</script>"),
              ElementsAre("value body/html/head/script/text text→text"));
}

TEST(Markup, WhatIsNotWellFormedComparesByLineAndSaysWhy) {
  EXPECT_THAT(xml("<a>\n<b>1</b>\n</a>", "<a>\n<b>1<b>\n</a>"),
              ElementsAre("bytes body xml→not_xml", "value body/2 text→text"));
  EXPECT_THAT(xml("<a>\n1", "<a>\n2"), ElementsAre("bytes body not_xml→not_xml", "value body/2 number→number"));
  EXPECT_THAT(xml("<a>\xC3\xA9</a>", "<a>\xC3</a>"), ElementsAre("bytes body xml→not_xml", "value body/1 text→text"));
}

TEST(Markup, EntitiesOfADocumentAreNeverExpanded) {
  std::string bomb = "<!DOCTYPE a [<!ENTITY e0 'xxxxxxxxxx'>";
  for (int at = 1; at < 12; ++at) {
    bomb += "<!ENTITY e" + std::to_string(at) + " '" + repeated("&e" + std::to_string(at - 1) + ";", 10) + "'>";
  }
  EXPECT_THAT(xml(bomb + "]><a>&e11;</a>", "<a/>"), ElementsAre("bytes body entities→xml", testing::_));
  const std::string file = "<!DOCTYPE a [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><a>&f;</a>";
  for (const Divergence& d : divergences(response(file, "text/xml"), response("<a>x</a>", "text/xml"))) {
    EXPECT_EQ(d.stable.value_or("").find("root:"), std::string::npos);
  }
}

TEST(Markup, AnEntityOfADtdElsewhereStandsForItself) {
  EXPECT_THAT(xml("<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'><a>&x;</a>",
                  "<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'><a>&y;</a>"),
              ElementsAre("value body/a/text text→text"));
}

TEST(Markup, NestingIsBounded) {
  const std::string deep = repeated("<a>", 100'000), end = repeated("</a>", 100'000);
  EXPECT_THAT(xml(deep + "1" + end, deep + "2" + end), ElementsAre("bytes body too_deep→too_deep", testing::_));
  const std::string divs = repeated("<div>", 100'000);
  EXPECT_THAT(html(divs, divs + "x"), ElementsAre("bytes body too_deep→too_deep", testing::_));
}

TEST(Markup, AttributesWithoutEndAreBounded) {
  std::string many = "<a ";
  for (int at = 0; at < 200'000; ++at) many += "a" + std::to_string(at) + "='' ";
  EXPECT_THAT(xml(many + "/>", "<a/>"), ElementsAre("bytes body too_large→xml", testing::_));
  EXPECT_THAT(html(many + ">", "<a>"), ElementsAre("bytes body too_large→html", testing::_));
}

TEST(Markup, ADeclaredCharsetIsBelieved) {
  EXPECT_THAT(xml("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xE9</a>", "<a>é</a>"), IsEmpty());
  EXPECT_THAT(html("<meta charset=windows-1252><p>\x80", "<meta charset=windows-1252><p>&euro;"), IsEmpty());
  EXPECT_THAT(html("<meta charset=utf-8><p>é", "<meta charset=utf-8><p>&eacute;"), IsEmpty());
}

TEST(Markup, NothingAfterANulIsOverlooked) {
  EXPECT_THAT(html(std::string("<p>a\0b</p><i>1", 14), std::string("<p>a\0b</p><i>2", 14)),
              ElementsAre("value body/html/body/i/text number→number"));
}

}  // namespace
}  // namespace truemirror
