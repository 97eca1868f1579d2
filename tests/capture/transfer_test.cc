#include "capture/transfer.h"

#include <gtest/gtest.h>

#include "fixtures.h"

namespace truemirror {
namespace {

std::vector<CapturedExchange> imported(const std::string& text, TransferStats* stats = nullptr) {
  const TestFolder folder;
  write_file(folder / "in", text);
  std::vector<CapturedExchange> out;
  const auto done = import_exchanges(folder / "in", [&](CapturedExchange&& exchange) {
    out.push_back(std::move(exchange));
    return true;
  });
  EXPECT_TRUE(done) << (done ? "" : done.error().text);
  if (stats != nullptr && done) *stats = *done;
  return out;
}

const std::string kMonkeys = "\n\xF0\x9F\x90\xB5\xF0\x9F\x99\x88\xF0\x9F\x99\x89\n";

TEST(Gor, RequestsAndAnswersAreTiedByIdAndChunksPutTogether) {
  const std::string text =
      "1 aa01 1439818823587396305\nPOST /orders?x=1 HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 2\r\n\r\nhi" +
      kMonkeys + "1 aa02 1439818823587396306\nGET / HTTP/1.1\r\nHost: a\r\n\r\n" + kMonkeys +
      "2 aa01 1439818823597396305 10000000\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4;x=y\r\nwiki\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n" +
      kMonkeys;
  const auto read = imported(text);
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].request.target, "/orders?x=1");
  EXPECT_EQ(read[0].request.body.bytes, "hi");
  EXPECT_EQ(read[0].at.time_since_epoch().count(), 1439818823587396305);
  ASSERT_TRUE(read[0].stable);
  EXPECT_EQ(read[0].stable->status, 201);
  EXPECT_EQ(read[0].stable->body.bytes, "wiki0123456789");
  EXPECT_EQ(read[0].stable->trailers.get("x-sum"), "1");
  EXPECT_FALSE(read[0].stable->headers.has("transfer-encoding"));
  EXPECT_EQ(read[0].stable->latency(), std::chrono::milliseconds(10));
  EXPECT_FALSE(read[1].stable);
}

TEST(Gor, DamagedPayloadsAreCounted) {
  TransferStats stats;
  const std::string request = "1 a 1\nGET / HTTP/1.1\r\nHost: a\r\n\r\n" + kMonkeys;
  const std::string answer = "2 a 2 1\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(imported(request + "1 b\nGET / HTTP/1.1\r\n\r\n" + kMonkeys + "1 c 5\nno http" + kMonkeys +
                         "2 zz 5 1\nHTTP/1.1 200 OK\r\n\r\n" + kMonkeys + answer + "ffffffffffffffff\r\nx" + kMonkeys +
                         answer + "5\r\nab" + kMonkeys,
                     &stats)
                .size(),
            1U);
  EXPECT_EQ(stats.lost.at("damaged payloads"), 5U);
}

TEST(Transfer, WhatIsExportedComesBackByImport) {
  const TestFolder folder;
  CapturedExchange exchange = small_exchange(3);
  exchange.request.body = Body(std::string("\0\xFF", 2));
  exchange.candidate = exchange.stable;
  exchange.control = exchange.stable;
  exchange.stable->trailers = {{"x", "y"}};
  write_capture(test_options(folder), {exchange});
  for (const ExportFormat format : {ExportFormat::gor, ExportFormat::har}) {
    std::ostringstream out;
    const auto stats = export_exchanges({folder / "capture"}, format, out);
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->exchanges, 1U);
    EXPECT_EQ(stats->lost.at("control answers"), 1U);
    EXPECT_EQ(stats->lost.at("trailers"), 1U);
    const auto read = imported(out.str());
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0].at, exchange.at);
    EXPECT_EQ(read[0].request.method, "GET");
    EXPECT_EQ(read[0].request.target, exchange.request.target);
    EXPECT_TRUE(read[0].request.headers == exchange.request.headers);
    EXPECT_EQ(read[0].request.body.bytes, exchange.request.body.bytes);
    ASSERT_TRUE(read[0].stable);
    EXPECT_EQ(read[0].stable->body.bytes, exchange.stable->body.bytes);
    EXPECT_EQ(read[0].candidate.has_value(), format == ExportFormat::gor);
  }
}

TEST(Har, EntriesOfABrowserAreRead) {
  TransferStats stats;
  const auto read = imported(R"({"log":{"version":"1.2","entries":[
    {"startedDateTime":"2026-11-22T01:00:00.5+01:00","time":12.5,"connection":"443",
     "request":{"method":"GET","url":"https://shop.example:8443/a?b=c#frag","headers":[{"name":":authority","value":"x"}]},
     "response":{"status":200,"statusText":"","headers":[{"name":"Content-Encoding","value":"gzip"},
       {"name":"Content-Length","value":"99"}],"content":{"text":"aGk=","encoding":"base64"}}},
    {"startedDateTime":"2026-11-22T00:00:01Z","connection":"443","request":{"method":"GET","url":"http://a"},"response":{"status":0}},
    {"startedDateTime":"never","request":{"method":"GET","url":"/"}}, 7, null]}})",
                             &stats);
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].at, test_time(500'000'000));
  EXPECT_EQ(read[0].request.target, "/a?b=c");
  EXPECT_TRUE(read[0].https);
  EXPECT_FALSE(read[1].https);
  EXPECT_EQ(read[0].request.headers.get("host"), "shop.example:8443");
  EXPECT_EQ(read[0].request.headers.size(), 1U);
  EXPECT_EQ(read[0].stable->body.bytes, "hi");
  EXPECT_FALSE(read[0].stable->headers.has("content-encoding"));
  EXPECT_EQ(read[0].stable->headers.get("content-length"), "2");
  EXPECT_EQ(read[1].request.target, "/");
  EXPECT_FALSE(read[1].stable);
  EXPECT_EQ(read[1].connection.connection, read[0].connection.connection);
  EXPECT_EQ(read[1].connection.ordinal, 2U);
  EXPECT_EQ(stats.lost.at("damaged entries"), 3U);
}

TEST(Transfer, RefusesWhatItDoesNotKnow) {
  const TestFolder folder;
  for (const char* text : {"", "hello", "{}", "{\"log\":1}", "{\"log\":{\"entries\":{}}}", "{", "1 x", "1 x y\n"}) {
    write_file(folder / "in", text);
    const auto done = import_exchanges(folder / "in", [](CapturedExchange&&) { return true; });
    ASSERT_FALSE(done) << text;
    EXPECT_TRUE(done.error().text.starts_with((folder / "in").string() + ": ")) << done.error().text;
  }
}

}  // namespace
}  // namespace truemirror
