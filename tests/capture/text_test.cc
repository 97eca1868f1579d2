#include "capture/text.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "fixtures.h"

namespace truemirror {
namespace {

TEST(CaptureText, LsGivesOneRowAnExchange) {
  const TestFolder folder;
  CapturedExchange exchange = small_exchange(7);
  exchange.request.target = "/a\x1b[2J";
  exchange.candidate = exchange.stable;
  exchange.candidate->error = ArmError::reset;
  exchange.control = Response();
  exchange.control->error = ArmError::timeout;
  write_capture(test_options(folder), {exchange, small_exchange(8)});
  std::ostringstream out;
  ReadStats stats;
  ASSERT_TRUE(capture_ls({folder / "capture"}, out, &stats));
  EXPECT_EQ(stats.exchanges, 2U);
  std::istringstream lines(out.str());
  std::string head, first, second;
  std::getline(lines, head);
  std::getline(lines, first);
  std::getline(lines, second);
  EXPECT_EQ(first, "2026-11-22T00:00:00.007000000Z   7     200  200!reset  timeout        0        45  GET  /a%1B[2J");
  EXPECT_TRUE(second.ends_with("GET  /orders/8")) << second;
}

TEST(CaptureText, CatPrintsMessagesAndNoCommandsForTheTerminal) {
  const TestFolder folder;
  CapturedExchange exchange = small_exchange(7);
  exchange.stable->body = Body(
      "red \x1b[31m\xC2\x9B"
      "1m\r\nline\ttab \xFF");
  exchange.stable->headers = {{"X-Odd", "\x1b]0;title\x07"}};
  write_capture(test_options(folder), {exchange, small_exchange(8)});
  std::ostringstream out;
  ASSERT_TRUE(capture_cat({folder / "capture"}, {false, 7}, out));
  const std::string text = out.str();
  EXPECT_NE(text.find("GET /orders/7 HTTP/1.1\nHost: shop.example\n"), std::string::npos) << text;
  EXPECT_NE(text.find("--- stable  200  2 us\nHTTP/1.1 200 OK\nX-Odd: \\x1b]0;title\\x07\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("(binary) "), std::string::npos);  // 0xFF: shown as base64
  EXPECT_EQ(text.find_first_of("\x1b\x07\x9b"), std::string::npos);
  EXPECT_EQ(text.find("/orders/8"), std::string::npos);
  EXPECT_NE(capture_cat({folder / "capture"}, {false, 99}, out).error().text.find("no exchange 99"), std::string::npos);
}

TEST(CaptureText, CatJsonIsOneDocumentALineWithBinaryAsBase64) {
  const TestFolder folder;
  CapturedExchange exchange = small_exchange(7);
  exchange.request.body = Body(std::string("\0\xFF", 2));
  exchange.candidate = Response();
  exchange.candidate->error = ArmError::refused;
  write_capture(test_options(folder), {exchange});
  std::ostringstream out;
  ASSERT_TRUE(capture_cat({folder / "capture"}, {true, std::nullopt}, out));
  const auto line = boost::json::parse(out.str()).as_object();
  EXPECT_EQ(line.at("id"), 7);
  EXPECT_EQ(line.at("at"), "2026-11-22T00:00:00.007000000Z");
  EXPECT_EQ(line.at("request").at("body"), "AP8=");
  EXPECT_EQ(line.at("request").at("encoding"), "base64");
  EXPECT_EQ(line.at("stable").at("status"), 200);
  EXPECT_EQ(line.at("stable").at("body").as_string(), exchange.stable->body.bytes);
  EXPECT_EQ(line.at("candidate").at("error"), "refused");
  EXPECT_TRUE(line.at("control").is_null());
}

TEST(CaptureText, VerifyTellsIntactFromDamaged) {
  const TestFolder folder;
  write_capture(test_options(folder), {small_exchange(1), small_exchange(2)});
  std::ostringstream good, bad;
  const auto intact = capture_verify({folder / "capture"}, good);
  ASSERT_TRUE(intact);
  EXPECT_TRUE(*intact);
  EXPECT_NE(good.str().find(": intact, 2 exchanges, 5 records, "), std::string::npos) << good.str();
  const auto file = folder / "capture/capture-r1-00001.warc.zst";
  write_file(file, file_bytes(file).substr(0, 900));
  const auto torn = capture_verify({file}, bad);
  ASSERT_TRUE(torn);
  EXPECT_FALSE(*torn);
  EXPECT_NE(bad.str().find("torn tail"), std::string::npos) << bad.str();
}

TEST(CaptureIndex, ComesBackAndADamagedOneIsRefused) {
  const std::vector<IndexEntry> entries{{10, test_time(1), 2, "GET"}, {1ULL << 40, test_time(-1), ~0ULL, "PROPFIND"}};
  const std::string bytes = encode_index(entries);
  const auto read = decode_index(bytes);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[1].offset, 1ULL << 40);
  EXPECT_EQ((*read)[1].at, test_time(-1));
  EXPECT_EQ((*read)[1].method, "PROPFIND");
  EXPECT_EQ((*read)[0].method, "GET");
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    EXPECT_FALSE(decode_index(damaged)) << at;
    EXPECT_FALSE(decode_index(bytes.substr(0, at))) << at;
  }
}

TEST(CaptureIndex, PointsAtTheRequestRecords) {
  const TestFolder folder;
  write_capture(test_options(folder), {small_exchange(1), small_exchange(2)});
  auto reader = SegmentReader::open(folder / "capture/capture-r1-00001.warc.zst");
  ASSERT_TRUE(reader);
  std::vector<std::uint64_t> requests;
  for (WarcRecord record; *reader->next(record);) {
    if (record.field("WARC-Type") == "request") requests.push_back(reader->record_offset());
  }
  ASSERT_TRUE(reader->index());
  ASSERT_EQ(reader->index()->size(), 2U);
  for (std::size_t at = 0; at < 2; ++at) EXPECT_EQ((*reader->index())[at].offset, requests[at]);
}

}  // namespace
}  // namespace truemirror
