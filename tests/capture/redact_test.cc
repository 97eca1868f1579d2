#include "capture/redact.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "capture/body_redact.h"
#include "capture/detectors.h"
#include "fixtures.h"

namespace truemirror {
namespace {

const std::string kKey(32, 'k');

std::shared_ptr<const Redactor> redactor(RedactionOptions options = {}) {
  options.key = kKey;
  return *make_redactor(std::move(options));
}

// The text with the hex of tokens left out, so that tables stay readable.
std::string types_only(std::string text) {
  for (std::size_t at = 0; (at = text.find("[redacted:", at)) != std::string::npos; ++at) {
    const std::size_t close = text.find(']', at);
    if (!is_redacted_token(text.substr(at, close + 1 - at))) continue;
    text.erase(close - 9, 9);
    text.replace(at, 10, "[");
  }
  return text;
}

struct Row {
  std::string input, expected;
};

TEST(Redact, TargetsLoseSecretsAndNothingElse) {
  const Row rows[] = {{"/orders/17?page=2&sort=a%20b", "/orders/17?page=2&sort=a%20b"},
                      {"/users/ann@example.org/orders", "/users/[email]/orders"},
                      {"/users/ann%40example.org", "/users/[email]"},
                      {"/a;jsessionid=0A1B2C;x=1/b", "/a;jsessionid=[session];x=1/b"},
                      {"/a;key=0A1B2C/b", "/a;key=[field]"},
                      {"/a%3Fkey=0A1B2C", "/a%3Fkey=[field]"},
                      {"/users/ann%2540example.org", "/users/[email]"},
                      {"/a?next=%2Fb%3Fmail%3Dann%2540example.org", "/a?next=%2Fb%3Fmail%3D[email]"},
                      {"/a?access_token=abc&b=1", "/a?access_token=[token]&b=1"},
                      {"/a?API-Key=abc&Password=&pass%77ord=x", "/a?API-Key=[key]&Password=&pass%77ord=[password]"},
                      {"/a?q=mail+ann%40example.org+now", "/a?q=mail+[email]+now"},
                      {"/a?card=4111111111111111", "/a?card=[card]"},
                      {"/a?q=4111-1111-1111-1111", "/a?q=[card]"},
                      {"/a?page_token=abc", "/a?page_token=abc"},
                      {"http://ann:pw@shop.example/a?x=1", "http://[userinfo]@shop.example/a?x=1"},
                      {"/cb#access_token=abc&state=1", "/cb#access_token=[token]&state=1"},
                      {"*", "*"},
                      {"", ""},
                      {"/%zz?%=%", "/%zz?%=%"}};
  for (const Row& row : rows) EXPECT_EQ(types_only(redactor()->target(row.input)), row.expected) << row.input;
}

TEST(Redact, HeadersThatHoldSecretsKeepTheirShape) {
  const Headers in{{"Authorization", "Bearer abc.def"},
                   {"Proxy-Authorization", "Basic QWxhZGRpbjpvcGVu"},
                   {"authorization", "opaque"},
                   {"Cookie", "sid=abc; theme=dark;x"},
                   {"Set-Cookie", "sid=abc; Path=/; HttpOnly"},
                   {"X-Api-Key", "abc"},
                   {"X-Amz-Security-Token", "abc"},
                   {"Referer", "https://shop.example/a?token=abc&b=1"},
                   {"From", "Ann <ann@example.org>"},
                   {"Accept", "text/html"},
                   {"Content-Length", "4111111111111111"},
                   {"ETag", "\"abc\""}};
  const std::string expected[] = {"Bearer [authorization]",
                                  "Basic [authorization]",
                                  "[authorization]",
                                  "sid=[cookie]; theme=[cookie];[cookie]",
                                  "sid=[cookie]; Path=/; HttpOnly",
                                  "[key]",
                                  "[token]",
                                  "https://shop.example/a?token=[token]&b=1",
                                  "Ann <[email]>",
                                  "text/html",
                                  "4111111111111111",
                                  "\"abc\""};
  const Headers out = redactor()->headers(in);
  ASSERT_EQ(out.size(), in.size());
  for (std::size_t at = 0; at < in.size(); ++at) {
    EXPECT_EQ(out[at].name, in[at].name);
    EXPECT_EQ(types_only(std::string(out[at].value)), expected[at]);
  }
}

std::string redacted_body(const std::string& type, const std::string& body) {
  const Redactor::SafeBody safe = redactor()->body({{"Content-Type", type}}, Body(body));
  EXPECT_TRUE(!safe.withheld || safe.body.length == body.size());
  return safe.withheld ? "(withheld)" : types_only(safe.body.bytes);
}

TEST(Redact, JsonLosesSecretsAtAnyDepthAndKeepsEveryOtherByte) {
  const Row rows[] = {
      {R"( {"a" : 1.0e2 , "b":[ true,null ] } )", R"( {"a" : 1.0e2 , "b":[ true,null ] } )"},
      {R"({"user":{"Password":"x","name":"Ann"}})", R"({"user":{"Password":"[password]","name":"Ann"}})"},
      {R"({"token":{"v":["a",7,null,true,""]}})", R"({"token":{"v":["[token]","[token]",null,true,""]}})"},
      {R"({"pass\u0077ord":"x"})", R"({"pass\u0077ord":"[password]"})"},
      {R"({"m":"to ann\u0040example.org!\n"})", R"({"m":"to [email]!\n"})"},
      {R"({"ann@example.org":{"ssn":"078-05-1120"}})", R"({"[email]":{"ssn":"[ssn]"}})"},
      {R"({"n":4111111111111111,"m":4111111111111112})", R"({"n":"[card]","m":4111111111111112})"},
      {R"(["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_"])", R"(["[jwt]"])"},
      {R"({"log":"{\"password\":\"x\"}"})", R"({"log":"{\"password\":\"[password]\"}"})"},
      {R"({"next":"https://a.example/?access_token=abc&p=2"})",
       R"({"next":"https://a.example/?access_token=[token]&p=2"})"},
      {"{\"cvv\":1}\n{\"cvv\":2}\n", "{\"cvv\":\"[cvv]\"}\n{\"cvv\":\"[cvv]\"}\n"},
      {")]}',\n{\"pin\":1}", ")]}',\n{\"pin\":\"[pin]\"}"},
      {R"({"name":"cut )"
       "\xC3"
       R"(","total_tokens":5})",
       R"({"name":"cut )"
       "\xC3"
       R"(","total_tokens":5})"},
      {"{\"a\":", "(withheld)"},
      {"{\"a\" 1}", "(withheld)"},
      {"{\"a\":1]", "(withheld)"},
      {"Internal Server Error", "(withheld)"},
      {std::string(20'000, '['), "(withheld)"}};
  for (const Row& row : rows) EXPECT_EQ(redacted_body("application/json", row.input), row.expected);
  EXPECT_EQ(redacted_body("application/problem+json; charset=utf-8", R"({"otp":1})"), R"({"otp":"[otp]"})");
  EXPECT_EQ(redacted_body("application/json; charset=UTF-16LE", "{}"), "(withheld)");
}

TEST(Redact, OtherBodiesBySortOfContent) {
  const std::string part = "--B\r\nContent-Disposition: form-data; name=\"";
  const struct {
    std::string type, input, expected;
  } rows[] = {
      {"application/x-www-form-urlencoded", "user=ann&pwd=a%26b&note=hi+x%40y.org",
       "user=ann&pwd=[password]&note=hi+[email]"},
      {"text/plain", "mail ann@example.org, or 4111 1111 1111 1111.", "mail [email], or [card]."},
      {"text/plain", "on 2026-11-22 4111 1111 1111 1111 5", "on 2026-11-22 [card] 5"},
      {"text/plain", "id 1732307719123456 and a4111111111111111 and 0.4111111111111111",
       "id 1732307719123456 and a4111111111111111 and 0.4111111111111111"},
      {"text/plain", "Authorization: bearer abcdefgh1, bearer instruments",
       "Authorization: bearer [bearer], bearer instruments"},
      {"text/plain", "git clone https://ann:pw@git.example/x", "git clone https://[userinfo]@git.example/x"},
      {"text/plain", "key ghp_abcdefghijklmnopqrstuv0123 AKIAIOSFODNN7EXAMPLE", "key [key] [key]"},
      {"text/plain", "user@localhost a@b @ pkg@1.2.3 x@y.zz", "user@localhost a@b @ pkg@1.2.3 [email]"},
      {"text/xml", "<a:Password>x</a:Password><b token=\"y\"/>",
       "<a:Password>[password]</a:Password><b token=\"[token]\"/>"},
      {"", "{\"secret\":\"x\"}", "{\"secret\":\"[secret]\"}"},
      {"application/octet-stream", std::string("\0\x01 nothing", 10), std::string("\0\x01 nothing", 10)},
      {"application/grpc", std::string("\0\x01 ann@example.org", 18), "(withheld)"},
      {"image/png", std::string("\0 ann@example.org", 17), std::string("\0 ann@example.org", 17)},
      {"text/event-stream", "event: x\ndata: {\"pin\":1}\n\ndata: ann@example.org\n",
       "event: x\ndata: {\"pin\":\"[pin]\"}\n\ndata: [email]\n"},
      {"multipart/form-data; boundary=B", part + "password\"\r\n\r\nx\r\n" + part + "note\"\r\n\r\nhi\r\n--B--\r\n",
       part + "password\"\r\n\r\n[password]\r\n" + part + "note\"\r\n\r\nhi\r\n--B--\r\n"},
      {"multipart/form-data; boundary=B", "no parts", "(withheld)"},
      {"multipart/form-data", part, "(withheld)"}};
  for (const auto& row : rows) EXPECT_EQ(redacted_body(row.type, row.input), row.expected) << row.type;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(compressBound(static_cast<uLong>(text.size())) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

TEST(Redact, CodedBodiesAreLookedIntoAndStoredDecodedOnlyWhereChanged) {
  const auto look = [](const std::string& coding, const std::string& bytes) {
    return redactor()->body({{"Content-Type", "application/json"}, {"Content-Encoding", coding}}, Body(bytes));
  };
  const std::string secret = gzipped(R"({"password":"x"})"), harmless = gzipped(R"({"name":"x"})");
  Redactor::SafeBody safe = look("gzip", secret);
  EXPECT_TRUE(safe.decoded);
  EXPECT_EQ(types_only(safe.body.bytes), R"({"password":"[password]"})");
  EXPECT_EQ(safe.body.length, safe.body.bytes.size());
  safe = look("gzip", harmless);
  EXPECT_FALSE(safe.decoded);
  EXPECT_EQ(safe.body.bytes, harmless);
  EXPECT_TRUE(look("identity, GZIP", secret).decoded);
  EXPECT_TRUE(look("gzip, gzip", gzipped(secret)).decoded);
  for (const auto& [coding, bytes] : {std::pair<std::string, std::string>{"gzip", secret.substr(0, 20)},
                                      {"gzip", secret + "tail"},
                                      {"br", secret},
                                      {"zstd", secret},
                                      {"compress", secret},
                                      {"gzip", gzipped(std::string((16u << 20) + 1, ' '))}}) {
    safe = look(coding, bytes);
    EXPECT_TRUE(safe.withheld) << coding;
    EXPECT_TRUE(safe.body.bytes.empty());
    EXPECT_EQ(safe.body.length, bytes.size());
  }
}

TEST(Redact, BodiesThatACopyLimitCutLoseTheirLastWord) {
  const auto look = [](const std::string& type, const std::string& bytes) {
    Body body(bytes);
    body.length = 10'000;
    body.hash = 7;
    return redactor()->body({{"Content-Type", type}}, body);
  };
  Redactor::SafeBody safe = look("application/json", R"({"a":"b","note":"ann@exam)");
  EXPECT_EQ(safe.body.bytes, R"({"a":"b","note":)");
  EXPECT_EQ(safe.body.length, 10'000U);
  EXPECT_EQ(safe.body.hash, 7U);
  safe = look("application/json", R"({"pin":"1","n":41111111)");
  EXPECT_EQ(types_only(safe.body.bytes), R"({"pin":"[pin]","n":)");
  EXPECT_EQ(safe.body.length, 10'000U - std::string(R"({"pin":"1","n":)").size() + safe.body.bytes.size());
  EXPECT_FALSE(safe.body.hash);  // of bytes that held the secret
  EXPECT_EQ(look("text/plain", "write to ann@exam").body.bytes, "write to");
  EXPECT_EQ(look("application/x-www-form-urlencoded", "a=1&pwd=x").body.bytes, "a=1");
  Body coded(gzipped("{}"));
  coded.length += 5;
  EXPECT_TRUE(redactor()->body({{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}, coded).withheld);
}

TEST(Redact, TheSameSecretGivesTheSameTokenWithinARunAlone) {
  const auto one = redactor();
  const std::string in_query = one->target("/?q=ann%40example.org").substr(4);
  EXPECT_TRUE(is_redacted_token(in_query)) << in_query;
  EXPECT_EQ(one->target("/ann@example.org").substr(1), in_query);
  EXPECT_EQ(one->value("body/m", R"("ann\u0040example.org")"), '"' + in_query + '"');
  EXPECT_NE(one->target("/bob@example.org").substr(1), in_query);
  EXPECT_NE((*make_redactor({}))->target("/ann@example.org").substr(1), in_query);
  // What is redacted already stays.
  const Headers headers{{"Authorization", one->target("/?token=a").substr(8)}, {"Cookie", "a=" + in_query}};
  EXPECT_TRUE(one->headers(headers) == headers);
  EXPECT_EQ(one->target("/?token=" + in_query), "/?token=" + in_query);
  EXPECT_EQ(one->target("/" + in_query), "/" + in_query);
}

TEST(Redact, ValuesFollowTheirLocation) {
  const auto value = [](std::string_view location, std::string_view json) {
    return types_only(redactor()->value(location, json));
  };
  EXPECT_EQ(value("status", "200"), "200");
  EXPECT_EQ(value("header/set-cookie", R"("sid=a; Path=/")"), R"("sid=[cookie]; Path=/")");
  EXPECT_EQ(value("header/set-cookie/sid", R"("a")"), R"("[cookie]")");
  EXPECT_EQ(value("header/authorization", R"("Bearer a\"b")"), R"("Bearer [authorization]")");
  EXPECT_EQ(value("header/x-request-id", R"("a\"b")"), R"("a\"b")");
  EXPECT_EQ(value("trailer/x-token", R"("a")"), R"("[token]")");
  EXPECT_EQ(value("body/user/password", R"("a")"), R"("[password]")");
  EXPECT_EQ(value("body/tokens/3", "17"), R"("[token]")");
  EXPECT_EQ(value("body/items/3", R"({"name":"a","pin":1})"), R"({"name":"a","pin":"[pin]"})");
  EXPECT_EQ(value("body", R"("ann@example.org")"), R"("[email]")");
  EXPECT_EQ(value("body/note", "\"cut ann@example.org"), "\"cut [email]");
  EXPECT_EQ(value("body/price", "12.50"), "12.50");
  EXPECT_EQ(value("body/user/@pin", R"("1")"), R"("[pin]")");
}

TEST(Redact, WhatATokenSaysIsMaskedButForItsTimesAndItsKind) {
  const auto safe = redactor();
  const auto value = [&](std::string_view location, std::string_view json) {
    return types_only(safe->value(location, json));
  };
  for (const std::string json : {R"("ada")", "17", "true", "null", R"({"ada":["b"]})"}) {
    for (const std::string location :
         {"body/token/~jwt/claims/sub", "header/authorization/~jwt/claims/https:~1~1a~1roles/0",
          "body/price/~jwt/claims/exp/x", "header/set-cookie/~jwt/header/kid"}) {
      EXPECT_EQ(value(location, json), R"("[jwt]")") << location;
      EXPECT_EQ(safe->value(location, safe->value(location, json)), safe->value(location, json));
    }
  }
  EXPECT_EQ(value("body/token/~jwt/claims/exp", "1700000000"), "1700000000");
  EXPECT_EQ(value("header/x/~jwt/header/alg", R"("HS256")"), R"("HS256")");
  EXPECT_EQ(value("body/token/~jwt/claims/exp", R"("ann@example.org")"), R"("[email]")");
}

TEST(Redact, AnAllowListKeepsOnlyWhatItNames) {
  RedactionOptions options;
  options.keep_headers = {"Accept"};
  options.keep_fields = {"id", "email"};
  const auto strict = redactor(options);
  const Headers headers = strict->headers({{"Accept", "a"}, {"User-Agent", "b"}, {"Content-Type", "text/html"}});
  EXPECT_EQ(headers.get("accept"), "a");
  EXPECT_EQ(types_only(std::string(*headers.get("user-agent"))), "[header]");
  EXPECT_EQ(headers.get("content-type"), "text/html");
  EXPECT_EQ(types_only(strict->target("/a?id=1&name=x")), "/a?id=1&name=[field]");
  const auto body = [&](const char* type, const char* text) {
    const auto safe = strict->body({{"Content-Type", type}}, Body(text));
    return safe.withheld ? "(withheld)" : types_only(safe.body.bytes);
  };
  EXPECT_EQ(body("application/json", R"({"id":1,"name":"x","list":["y",{"id":2,"z":3}],"email":"a@b.org"})"),
            R"({"id":1,"name":"[field]","list":["[field]",{"id":2,"z":"[field]"}],"email":"[email]"})");
  EXPECT_EQ(body("application/json", R"(["x"])"), R"(["[field]"])");
  EXPECT_EQ(body("application/x-www-form-urlencoded", "id=1&name=x"), "id=1&name=[field]");
  EXPECT_EQ(body("text/plain", "prose"), "(withheld)");
  EXPECT_EQ(body("image/png", "pixels"), "(withheld)");
}

TEST(Redact, PoliciesAddNamesAndAreToldApart) {
  RedactionOptions options;
  options.extra_headers = {"X-Tenant"};
  options.extra_fields = {"nick_name"};
  options.extra_query = {"q"};
  const auto more = redactor(options);
  EXPECT_EQ(types_only(std::string(*more->headers({{"x-tenant", "a"}}).get("x-tenant"))), "[header]");
  EXPECT_EQ(types_only(more->target("/?q=a&nickName=b&r=c")), "/?q=[field]&nickName=[field]&r=c");
  EXPECT_NE(redaction_policy_hash(options), redaction_policy_hash({}));
  options.key = "another key, the same policy";
  RedactionOptions same = options;
  same.key.clear();
  EXPECT_EQ(redaction_policy_hash(options), redaction_policy_hash(same));
  options.key = "short";
  EXPECT_NE(make_redactor(options).error().text.find("too short"), std::string::npos);
}

TEST(Redact, MasksWhatAMaskReveals) {
  // The address reads as one only when the key that its top-level domain ran on into is gone.
  const auto redactor = make_redactor({}).value();
  const std::string target = redactor->target(
      "/?user=a@example.aq\xC0"
      "AKIAIOSFODNN7EXAMPL1");
  EXPECT_EQ(types_only(target), "/?user=[email][key]");
  EXPECT_EQ(redactor->target(target), target);
}

TEST(Redact, LooksAtEachByteABoundedNumberOfTimes) {
  const SecretNames names({});
  for (const std::string& unit : std::vector<std::string>{"@",         "a@",    "@a.",       "%40",           "1 ",
                                                          "1-",        "4111 ", "eyJ",       "eyJhbGciOiJI.", "bearer ",
                                                          "=",         "a=",    "password=", "\"password\":", "://",
                                                          "http://a@", "<",     "<token>",   "[redacted:",    "ghp_",
                                                          "\\",        "aaaa"}) {
    std::string text;
    while (text.size() < 200'000) text += unit;
    std::size_t work = 0;
    (void)find_secrets(text, names, &work);
    EXPECT_LE(work, text.size() * 420) << unit;
    std::size_t twice = 0;
    (void)find_secrets(text + text, names, &twice);
    EXPECT_LE(twice, work * 2 + 4096) << unit;  // linear: twice the text, twice the work
  }
}

TEST(Redact, KnowsCardNumbersByNetworkAndCheckDigit) {
  for (const char* good : {"4111111111111111", "5555555555554444", "378282246310005", "6011111111111117",
                           "3530111333300000", "30569309025904"}) {
    EXPECT_TRUE(is_card_number(good)) << good;
  }
  for (const char* bad : {"4111111111111112", "411111111111", "1234567812345670", "9999999999999995", ""}) {
    EXPECT_FALSE(is_card_number(bad)) << bad;
  }
}

TEST(Redact, ATokenIsExactlyOne) {
  EXPECT_TRUE(is_redacted_token("[redacted:email:1a2b3c4d]"));
  for (const char* no : {"", "[redacted:email:1a2b3c4]", "[redacted::1a2b3c4d]", "[redacted:email:1A2B3C4D]",
                         "[redacted:email:1a2b3c4d] ", "[redacted:a b:1a2b3c4d]", "[redacted:email:1a2b3c4d"}) {
    EXPECT_FALSE(is_redacted_token(no)) << no;
  }
}

}  // namespace
}  // namespace truemirror
