#include <gmock/gmock.h>

#include "diff/classify.h"
#include "diff_testing.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Media media(std::string_view type, std::string_view body) { return classify(parse_content_type(type), body); }

TEST(Classify, GoesByContentTypeAndLooksWhereItSaysLittle) {
  EXPECT_EQ(media("application/json", "x"), Media::json);
  EXPECT_EQ(media("application/problem+json; charset=utf-8", "x"), Media::json);
  EXPECT_EQ(media("application/atom+xml", "x"), Media::xml);
  EXPECT_EQ(media("TEXT/HTML", "x"), Media::html);
  EXPECT_EQ(media("text/csv", "a,b"), Media::text);
  EXPECT_EQ(media("text/plain", " {}"), Media::json);
  EXPECT_EQ(media("multipart/form-data; boundary=\"a;b\"", "x"), Media::multipart);
  EXPECT_EQ(media("application/grpc+proto", "x"), Media::grpc);
  EXPECT_EQ(media("application/octet-stream", "text"), Media::binary);
  EXPECT_EQ(media("", "[1]"), Media::json);
  EXPECT_EQ(media("", "<!DOCTYPE html>"), Media::html);
  EXPECT_EQ(media("", "plain"), Media::text);
  EXPECT_EQ(media("", std::string_view("\0\1", 2)), Media::binary);
  EXPECT_EQ(media("application/json", ""), Media::empty);
}

TEST(Classify, ParametersMayBeQuoted) {
  const ContentType type = parse_content_type("multipart/mixed; x; boundary=\"a;b\" ; charset = utf-16");
  EXPECT_EQ(type.type, "multipart/mixed");
  EXPECT_EQ(type.boundary, "a;b");
  EXPECT_EQ(type.charset, "utf-16");
  for (const std::string_view odd : {";", ";;", "a;=", "a;b=\"", "a;b=\"\"", "=;="}) {
    EXPECT_EQ(parse_content_type(odd).boundary, "") << odd;
  }
}

TEST(Charset, TextsCompareInUtf8) {
  EXPECT_EQ(to_utf8("Zo\xEB \x80", "iso-8859-1"), "Zoë €");
  EXPECT_EQ(to_utf8(std::string_view("\xFF\xFEZ\0\x3D\xD8\0\xDE", 8), ""), "Z😀");
  EXPECT_EQ(to_utf8(std::string_view("\0Z", 2), "utf-16be"), "Z");
  EXPECT_EQ(to_utf8("\xEF\xBB\xBF{}", ""), "{}");
  EXPECT_EQ(to_utf8(std::string_view("\xFF\xFEZ", 3), ""), "\xEF\xBF\xBD");
  EXPECT_THAT(lines(divergences(response("[\"\xE9\"]", "application/json; charset=latin1"),
                                response("[\"é\"]", "application/json; charset=utf-8"))),
              ElementsAre("value header/content-type text→text"));
}

TEST(Text, OneChangedLineIsOneDivergence) {
  EXPECT_THAT(text_diff("a\nb\nc\n", "a\nx\nc", "text/plain"), ElementsAre("value body/2 text→text"));
  EXPECT_THAT(text_diff("a\nb\n", "a\nnew\nb\n", "text/plain"), ElementsAre("added body/2 text"));
  EXPECT_THAT(text_diff("a\r\nb\r\n", "a\nb", "text/plain"), IsEmpty());
}

TEST(Text, JsonByAnotherNameIsStillJson) {
  EXPECT_THAT(text_diff(R"({"a":1})", R"({"a": 2})", "text/plain"), ElementsAre("value body/a number→number"));
  EXPECT_THAT(text_diff("{not json\nb", "{not json\nc", "text/plain"), ElementsAre("value body/2 text→text"));
}

TEST(Ndjson, EachLineIsADocument) {
  EXPECT_THAT(text_diff("{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n{\"a\": 3}\n", "application/x-ndjson"),
              ElementsAre("value body/2/a number→number"));
  EXPECT_THAT(text_diff("1\n2\n", "1\nx\n", "application/x-ndjson"), ElementsAre("bytes body ndjson→not_ndjson"));
}

TEST(Form, FieldsCompareByName) {
  EXPECT_THAT(text_diff("a=1&b=x+y&c=1", "b=x%20y&a=2&d=1", "application/x-www-form-urlencoded"),
              ElementsAre("value body/a number→number", "missing body/c number", "added body/d number"));
  EXPECT_THAT(text_diff("a=1&a=2&%zz=%", "a=1&a=3&%zz=%", "application/x-www-form-urlencoded"),
              ElementsAre("value body/a number→number"));
}

TEST(Events, CompareByEventAndField) {
  EXPECT_THAT(text_diff("event: tick\ndata: {\"n\":1}\n\nid: 7\ndata: x\n\n",
                        "event:tick\ndata: {\"n\":2}\n\n: ping\n\nid: 7\ndata: x\n\n", "text/event-stream"),
              ElementsAre("value body/1/data/n number→number"));
  EXPECT_THAT(text_diff("data:\ndata: x\n\n", "data: x\n\n", "text/event-stream"),
              ElementsAre("value body/1/data text→text"));
}

TEST(Multipart, PartsCompareByNameWhateverTheBoundary) {
  const auto message = [](const std::string& boundary, const std::string& name, const std::string& json) {
    return response("--" + boundary + "\r\nContent-Disposition: form-data; name=\"who\"\r\n\r\n" + name + "\r\n--" +
                        boundary +
                        "\r\nContent-Disposition: form-data; name=\"what\"\r\nContent-Type: application/json" +
                        "\r\n\r\n" + json + "\r\n--" + boundary + "--\r\n",
                    "multipart/form-data; boundary=" + boundary);
  };
  Lines found = lines(divergences(message("aaa", "ada", R"({"n":1})"), message("bbb", "bob", R"({"n":2})")));
  EXPECT_THAT(found, ElementsAre("value body/who text→text", "value body/what/n number→number"));
}

TEST(Multipart, APartComparesAsWhatItHolds) {
  const auto message = [](const std::string& type, const std::string& content) {
    return "--b\r\nContent-Type: " + type + "\r\n\r\n" + content + "\r\n--b--\r\n";
  };
  EXPECT_THAT(
      text_diff(message("text/xml", "<a x='1'/>"), message("text/xml", "<a x='2'/>"), "multipart/mixed; boundary=b"),
      ElementsAre("value body/1/a/@x number→number"));
  EXPECT_THAT(text_diff(message("image/png", "abc"), message("image/png", "abcd"), "multipart/mixed; boundary=b"),
              ElementsAre("bytes body/1 length"));
}

TEST(Multipart, TheHeadOfAPartCountsAsItsContentDoes) {
  const auto found = [](const std::string& stable, const std::string& arm) {
    const auto body = [](const std::string& head) { return "--b\r\n" + head + "\r\n\r\nsame\r\n--b--\r\n"; };
    return text_diff(body(stable), body(arm), "multipart/form-data; boundary=b");
  };
  const std::string disposition = "Content-Disposition: form-data; ";
  EXPECT_THAT(found(disposition + "filename=\"a.txt\"; name=file\r\nContent-Type: text/plain",
                    disposition + "name=\"file\"; filename=\"b.txt\"\r\nContent-Type: text/csv"),
              ElementsAre("value body/file/~header/content-disposition text→text",
                          "value body/file/~header/content-type text→text"));
  EXPECT_THAT(found(disposition + "name=a; filename=b\r\nContent-Length: 4",
                    "content-disposition:form-data;filename=\"b\";name=\"a\""),
              IsEmpty());
  EXPECT_THAT(found("X-One: 1", "X-Two: 1"),
              ElementsAre("missing body/1/~header/x-one number", "added body/1/~header/x-two number"));
}

TEST(Multipart, PartsWithinPartsAreBounded) {
  const auto nested = [](std::string inner) {
    for (char boundary = 'a'; boundary < 'k'; ++boundary) {
      const std::string line = std::string("--") + boundary;
      inner = line + "\r\nContent-Type: multipart/mixed; boundary=" + static_cast<char>(boundary - 1) + "\r\n\r\n" +
              inner + "\r\n" + line + "--\r\n";
    }
    return inner;
  };
  EXPECT_THAT(text_diff(nested("x"), nested("y"), "multipart/mixed; boundary=j"),
              ElementsAre("bytes body/1/1/1 multipart→multipart"));
}

TEST(Multipart, AMessageWithoutItsBoundaryIsComparedAsBytes) {
  EXPECT_THAT(text_diff("no parts", "none here", "multipart/mixed; boundary=x"),
              ElementsAre("bytes body multipart→multipart"));
}

TEST(Utf8, IsWhatRfc3629Says) {
  for (const std::string_view text : {"", "a", "é", "€", "😀", "\xF4\x8F\xBF\xBF"}) EXPECT_TRUE(is_utf8(text)) << text;
  for (const std::string_view text : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80", "12345678\xFF"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

}  // namespace
}  // namespace truemirror
