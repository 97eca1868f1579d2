#include "proxy/replay/recorded_sample.h"

#include <gtest/gtest.h>

#include "proxy/replay/recorded_policy.h"
#include "proxy/sample/ledger.h"

namespace truemirror {
namespace {

Response json_response(const std::string& body, const Headers& more = {}) {
  Response response;
  response.status = 200;
  response.headers = {{"Content-Type", "application/json"}, {"Content-Length", std::to_string(body.size())}};
  for (const HeaderField& field : more) response.headers.add(field.name, field.value);
  response.body = Body(body);
  return response;
}

// As the recorder stores it: redacted by `options` under a key of its own.
Response recorded(Response response, RedactionOptions options = {}) {
  const auto redactor = make_redactor(std::move(options)).value();
  response.body = redactor->body(response.headers, response.body).body;
  response.headers = redactor->headers(response.headers);
  return response;
}

Comparison equalized(const Response& stable, const Response& candidate) {
  RecordedPolicy policy(make_redactor({}).value());
  Comparison comparison;
  comparison.stable = stable;
  comparison.candidate = candidate;
  equalize_redaction(comparison, *policy.redactor_for(comparison.stable));
  return comparison;
}

// Design.md invariant 8: a capture may come from anywhere.
TEST(RecordedSample, FieldsThatNoMessageMayHoldAreNotSent) {
  CapturedExchange exchange;
  exchange.request.method = "GET";
  exchange.request.target = "/";
  exchange.request.headers = {{"Host", "a"}, {"[redacted", "email"}, {"X-Odd", "a\x01b"}, {"X-Fine", "caf\xe9"}};
  Sample sample;
  ReplayStats stats;
  fill_sample(std::move(exchange), sample, stats);
  EXPECT_EQ(sample.head, "GET / HTTP/1.1\r\nHost: a\r\nX-Fine: caf\xe9\r\n");
  EXPECT_EQ(stats.redacted_headers.size(), 2u);
}

TEST(RecordedSample, ABodyIsFramedAsItWas) {
  CapturedExchange exchange;
  exchange.request.method = "POST";
  exchange.request.target = "/";
  ReplayStats stats;
  const auto sample_of = [&stats](CapturedExchange each) {
    Sample sample;
    fill_sample(std::move(each), sample, stats);
    return sample;
  };
  EXPECT_EQ(sample_of(exchange).head, "POST / HTTP/1.1\r\n");
  exchange.framing.chunked = true;
  exchange.framing.trailers = {{"X-Sum", "9"}};
  EXPECT_EQ(sample_of(exchange).head, "POST / HTTP/1.1\r\n");
  EXPECT_TRUE(sample_of(exchange).framing.chunked);
  EXPECT_EQ(sample_of(exchange).framing.trailers.get("x-sum"), "9");
  exchange.framing.chunked = false;
  exchange.framing.trailers = {};
  exchange.request.headers = {{"Content-Length", "0"}};
  EXPECT_EQ(sample_of(exchange).head, "POST / HTTP/1.1\r\nContent-Length: 0\r\n");
  exchange.request.headers = {{"Content-Length", "15"}};
  exchange.request.body = Body("[redacted:email:1a2b3c4d]");
  EXPECT_EQ(sample_of(exchange).head, "POST / HTTP/1.1\r\nContent-Length: 25\r\n");
}

TEST(RecordedSample, RedactedHeadersAreLeftOutAndCountedByName) {
  CapturedExchange exchange;
  exchange.request.method = "GET";
  exchange.request.target = "/orders?token=[redacted:token:1a2b3c4d]";
  exchange.request.headers = {{"Host", "shop"},
                              {"Cookie", "sid=[redacted:cookie:1a2b3c4d]"},
                              {"Authorization", "Bearer [redacted:authorization:1a2b3c4d]"}};
  exchange.connection = {7, 2};
  Sample sample;
  ReplayStats stats;
  fill_sample(CapturedExchange(exchange), sample, stats);
  fill_sample(std::move(exchange), sample, stats);
  EXPECT_EQ(stats.redacted_headers, (std::map<std::string, std::uint64_t>{{"authorization", 2}, {"cookie", 2}}));
  EXPECT_EQ(stats.redacted_requests, 2u);
  EXPECT_NE(sample.head.find("Host: shop\r\n"), std::string::npos);
  EXPECT_EQ(sample.head.find("Cookie"), std::string::npos);
  EXPECT_EQ(sample.head.find("Authorization"), std::string::npos);
  EXPECT_EQ(sample.connection, (ConnectionOrdinal{7, 2}));
}

TEST(RecordedSample, ARecordedTokenEqualsALiveValueOfItsType) {
  const Response live =
      json_response(R"({"email":"zoe@example.com","password":"hunter2"})", {{"Set-Cookie", "sid=abc; Path=/"}});
  const Comparison comparison = equalized(recorded(live), live);
  EXPECT_EQ(comparison.stable.body.bytes, R"({"email":"[redacted:email]","password":"[redacted:password]"})");
  EXPECT_EQ(comparison.stable.body.bytes, comparison.candidate.body.bytes);
  EXPECT_TRUE(comparison.stable.headers == comparison.candidate.headers);
}

TEST(RecordedSample, ALiveValueOfAnotherTypeStillDiffers) {
  const Comparison comparison =
      equalized(recorded(json_response(R"({"contact":"zoe@example.com"})")), json_response(R"({"contact":"nobody"})"));
  EXPECT_NE(comparison.stable.body.bytes, comparison.candidate.body.bytes);
}

TEST(RecordedSample, NamesThatOnlyTheRecordingsPolicyRedactedAreLearnedFromIt) {
  const Response live = json_response(R"({"customer":"Zoë","amounts":[12.5,3],"state":"paid"})", {{"ETag", "\"x\""}});
  RedactionOptions options;
  options.extra_fields = {"customer", "amounts"};
  options.extra_headers = {"etag"};
  const Response stored = recorded(live, options);
  ASSERT_EQ(stored.body.bytes.find("Zoë"), std::string::npos);
  const Comparison comparison = equalized(stored, live);
  EXPECT_EQ(comparison.stable.body.bytes, comparison.candidate.body.bytes);
  EXPECT_EQ(comparison.candidate.headers.get("etag"), comparison.stable.headers.get("etag"));
  EXPECT_NE(comparison.candidate.body.bytes.find("paid"), std::string::npos);
}

TEST(RecordedSample, WhatLooksLikeATokenButIsNoneStaysAsItIs) {
  for (const char* body : {R"("[redacted:")", R"("[redacted:email:12]")", R"("[redacted:]x]")", R"("[redacted:a:b")"}) {
    EXPECT_EQ(equalized(json_response(body), json_response(body)).stable.body.bytes, body);
  }
}

}  // namespace
}  // namespace truemirror
