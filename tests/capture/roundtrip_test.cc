#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "fixtures.h"

namespace truemirror {
namespace {

// Everything that an exchange can hold, at once.
CapturedExchange full_exchange() {
  CapturedExchange exchange = small_exchange(42);
  exchange.at = test_time(123'456'789);
  exchange.connection = {18446744073709551615ULL, 4294967295U};
  exchange.request.method = "POST";
  exchange.request.target = "/a?b=%20c&d=\xC3\xA9";
  exchange.request.headers = {
      {"Host", "shop.example:8080"}, {"X-Odd", "a: b; \"c\""}, {"X-Odd", ""}, {"x-lower", "\xE9"}};
  exchange.https = true;
  exchange.framing = {.chunked = true, .trailers = {{"X-Sum", "9"}}, .withheld = false};
  exchange.request.body = Body(std::string("\0\x01\r\n\r\nWARC/1.1\r\n\xFF", 17));
  exchange.stable->status = 503;
  exchange.stable->reason = "Service Unavailable";
  exchange.stable->headers = {{"Content-Type", "application/grpc"}};  // no length: it was chunked
  exchange.stable->body = Body("chunks put together");
  exchange.stable->trailers = {{"grpc-status", "0"}, {"grpc-message", "not & found = 100%"}};
  Response candidate;
  candidate.status = 200;
  candidate.headers = {{"Content-Length", "1000000"}};
  candidate.body.bytes = std::string(1000, 'x');
  candidate.body.length = 1'000'000;
  candidate.body.hash = 0xFEDCBA9876543210ULL;
  candidate.error = ArmError::reset;
  candidate.error_detail = "read 127.0.0.1:9002: Connection reset by peer";
  candidate.timing = {Nanoseconds(1), Nanoseconds(2), Nanoseconds(9'000'000'000)};
  exchange.candidate = candidate;
  Response control;
  control.error = ArmError::refused;
  control.error_detail = "connect 127.0.0.1:9003: Connection refused";
  exchange.control = control;
  return exchange;
}

TEST(CaptureRoundTrip, EveryPartOfAnExchangeComesBack) {
  const TestFolder folder;
  const CapturedExchange written = full_exchange();
  const CaptureStats stats = write_capture(test_options(folder), {written});
  EXPECT_EQ(stats.exchanges, 1U);
  EXPECT_TRUE(stats.dropped.empty());
  auto reader = CaptureReader::open({folder / "capture"});
  ASSERT_TRUE(reader) << reader.error().text;
  const auto read = read_all(*reader);
  ASSERT_EQ(read.size(), 1U);
  expect_same(read[0], written);
  EXPECT_TRUE(reader->stats().intact());
  EXPECT_EQ(reader->stats().bytes, stats.bytes);
}

TEST(CaptureRoundTrip, LineBreaksInFieldsCannotForgeFieldsOrRecords) {
  const TestFolder folder;
  CapturedExchange evil = small_exchange(1);
  evil.request.method = "GE T\r\nX: y";
  evil.request.target = "/a b\r\n\r\nWARC/1.1";
  evil.request.headers.add("X-A\r\nX-B: c", "v\r\nTruemirror-Role: candidate\r\n\r\n");
  evil.stable->reason = "OK\r\nX: y";
  evil.stable->error_detail = "bad\r\nTruemirror-Error: reset";
  write_capture(test_options(folder), {evil, small_exchange(2)});
  auto reader = CaptureReader::open({folder / "capture"});
  ASSERT_TRUE(reader);
  const auto read = read_all(*reader);
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].request.method, "GE%20T%0D%0AX:%20y");
  EXPECT_EQ(read[0].request.target, "/a%20b%0D%0A%0D%0AWARC/1.1");
  EXPECT_EQ(read[0].request.headers.size(), 3U);
  EXPECT_EQ(read[0].stable->reason, "OK  X: y");
  EXPECT_EQ(read[0].stable->error, ArmError::none);
  EXPECT_TRUE(reader->stats().intact());
}

TEST(CaptureRoundTrip, ExchangesComeInOrderOfArrivalAcrossRunsAndSegments) {
  const TestFolder folder;
  CaptureOptions first = test_options(folder);
  CaptureOptions second = test_options(folder);
  second.run = "r2";
  std::vector<CapturedExchange> even, odd;
  for (std::uint64_t sequence : {4, 2, 0, 6, 8}) even.push_back(small_exchange(sequence));
  for (std::uint64_t sequence : {3, 1, 5, 9, 7}) odd.push_back(small_exchange(sequence));
  for (CapturedExchange& exchange : odd) exchange.run = "r2";
  write_capture(first, even);
  write_capture(second, odd);
  auto reader = CaptureReader::open({folder / "capture"});
  ASSERT_TRUE(reader);
  const auto read = read_all(*reader);
  ASSERT_EQ(read.size(), 10U);
  for (std::uint64_t sequence = 0; sequence < 10; ++sequence) EXPECT_EQ(read[sequence].sequence, sequence);
}

// A WARC reader of its own, as another tool would be: lines, a length, a block.
struct SeenRecord {
  std::map<std::string, std::string> fields;
  std::string block;
};
std::vector<SeenRecord> parse_warc_text(std::istream& in) {
  std::vector<SeenRecord> records;
  for (std::string line; std::getline(in, line);) {
    EXPECT_EQ(line, "WARC/1.1\r");
    SeenRecord record;
    while (std::getline(in, line) && line != "\r") {
      const std::size_t colon = line.find(": ");
      EXPECT_NE(colon, std::string::npos) << line;
      record.fields[line.substr(0, colon)] = line.substr(colon + 2, line.size() - colon - 3);
    }
    record.block.resize(std::stoul(record.fields.at("Content-Length")));
    in.read(record.block.data(), static_cast<std::streamsize>(record.block.size()));
    std::string end(4, ' ');
    in.read(end.data(), 4);
    EXPECT_EQ(end, "\r\n\r\n");
    records.push_back(record);
  }
  return records;
}

std::string output_of(const std::string& command) {
  std::string out;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, got);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return out;
}

TEST(CaptureRoundTrip, HowARequestWasFramedIsKept) {
  const TestFolder folder;
  std::vector<CapturedExchange> written(3, small_exchange(1));
  for (std::size_t at = 0; at < written.size(); ++at) written[at].sequence = at + 1;
  written[0].framing.chunked = true;  // and empty
  written[1].framing.chunked = true;
  written[1].request.body = Body("abc");
  written[1].framing.trailers = {{"X-Sum", "9"}, {"X-Odd", "a&b=c"}};
  written[2].request.headers.add("Content-Length", "0");
  write_capture(test_options(folder), written);
  auto reader = CaptureReader::open({folder / "capture"});
  ASSERT_TRUE(reader);
  const std::vector<CapturedExchange> read = read_all(*reader);
  ASSERT_EQ(read.size(), written.size());
  for (std::size_t at = 0; at < read.size(); ++at) expect_same(read[at], written[at]);
}

TEST(CaptureRoundTrip, TheZstdToolMakesPlainWarcOfAFirstSegment) {
  const TestFolder folder;
  write_capture(test_options(folder), {full_exchange()});
  std::istringstream text(output_of("zstd -dc " + (folder / "capture/capture-r1-00001.warc.zst").string()));
  const auto records = parse_warc_text(text);
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records[0].fields.at("WARC-Type"), "warcinfo");
  EXPECT_NE(records[0].block.find("software: truemirror/0.1.0\r\n"), std::string::npos);
  EXPECT_EQ(records[1].fields.at("WARC-Type"), "request");
  EXPECT_EQ(records[1].fields.at("WARC-Date"), "2026-11-22T00:00:00.123456789Z");
  EXPECT_TRUE(records[1].block.starts_with("POST /a?b=%20c&d=\xC3\xA9 HTTP/1.1\r\nHost: shop.example:8080\r\n"));
  EXPECT_EQ(records[2].fields.at("WARC-Concurrent-To"), records[1].fields.at("WARC-Record-ID"));
  EXPECT_EQ(records[2].fields.at("Truemirror-Framing"), "removed");
  EXPECT_TRUE(records[2].block.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_TRUE(records[2].block.ends_with("\r\n\r\nchunks put together"));
  EXPECT_EQ(records[3].fields.at("Truemirror-Truncated"), "1000000 xxh3=fedcba9876543210");
  EXPECT_EQ(records[4].fields.at("WARC-Type"), "metadata");
  EXPECT_EQ(records[4].fields.at("Truemirror-Error"), "refused");
}

TEST(WallTimeText, NanosecondsSurviveAndNonsenseIsRefused) {
  EXPECT_EQ(parse_wall_time("2026-11-22T00:00:00.000000001Z"), test_time(1));
  EXPECT_EQ(parse_wall_time("2026-11-22T00:00:01.5Z"), test_time(1'500'000'000));
  EXPECT_EQ(parse_wall_time("2026-11-22T00:00:00Z"), test_time(0));
  for (const char* bad : {"", "Z", "2026-11-22", "2026-13-22T00:00:00Z", "2026-02-30T00:00:00Z", "9999-11-22T00:00:00Z",
                          "2026-11-22T24:00:00Z", "2026-11-22T00:00:00.Z1Z", "2026-11-22T00:00:00.1234567890Z",
                          "2026-11-22 00:00:00Z", "2026-11-22T00:00:00,5Z"}) {
    EXPECT_FALSE(parse_wall_time(bad)) << bad;
  }
}

}  // namespace
}  // namespace truemirror
