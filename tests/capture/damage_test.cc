#include <gtest/gtest.h>

#include "fixtures.h"

namespace truemirror {
namespace {

// A closed segment of a few exchanges; the index frame is its last part.
std::string small_segment(std::uint64_t exchanges) {
  const TestFolder folder;
  std::vector<CapturedExchange> all;
  for (std::uint64_t sequence = 1; sequence <= exchanges; ++sequence) all.push_back(small_exchange(sequence));
  write_capture(test_options(folder), all);
  return file_bytes(folder / "capture/capture-r1-00001.warc.zst");
}

struct Read {
  bool opened = false;
  std::vector<CapturedExchange> exchanges;
  ReadStats stats;
  std::string problem;
};

Read read_bytes(const TestFolder& folder, const std::string& bytes, const std::string& name = "x.warc.zst") {
  write_file(folder / name, bytes);
  Read out;
  auto reader = CaptureReader::open({folder / name});
  out.opened = static_cast<bool>(reader);
  if (!reader) {
    out.problem = reader.error().text;
    return out;
  }
  out.exchanges = read_all(*reader);
  out.stats = reader->stats();
  return out;
}

TEST(DamagedCapture, ATornTailAtAnyByteCostsOnlyWhatIsTorn) {
  const TestFolder folder;
  const std::string whole = small_segment(2);
  std::size_t most = 0;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const Read read = read_bytes(folder, whole.substr(0, size));
    ASSERT_TRUE(read.opened) << size << ": " << read.problem;
    ASSERT_GE(read.exchanges.size() + read.stats.incomplete, most) << size;
    ASSERT_EQ(read.stats.skipped_frames, 0U) << size;
    most = std::max(most, read.exchanges.size());
    for (std::size_t at = 0; at < read.exchanges.size(); ++at) {
      ASSERT_EQ(read.exchanges[at].sequence, at + 1);
      const bool last = at + 1 == read.exchanges.size();
      if (!last || read.stats.incomplete == 0) expect_same(read.exchanges[at], small_exchange(at + 1));
    }
  }
  EXPECT_EQ(most, 2U);
}

TEST(DamagedCapture, OneFlippedBitCostsAtMostOneExchange) {
  const TestFolder folder;
  const std::string whole = small_segment(3);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    const Read read = read_bytes(folder, flipped);
    ASSERT_TRUE(read.opened) << at << ": " << read.problem;
    std::size_t whole_ones = 0;
    for (const CapturedExchange& exchange : read.exchanges) {
      if (!exchange.stable) continue;
      ++whole_ones;
      ASSERT_EQ(exchange.request.target, small_exchange(exchange.sequence).request.target);
      ASSERT_EQ(exchange.stable->body.bytes, small_exchange(exchange.sequence).stable->body.bytes);
    }
    ASSERT_GE(whole_ones, 2U) << "bit at byte " << at;
    ASSERT_TRUE(whole_ones == 3 || !read.stats.intact()) << at;
  }
}

TEST(DamagedCapture, SaysHowMuchItSkipped) {
  const TestFolder folder;
  const std::string whole = small_segment(2);
  const std::size_t second = whole.find("\x28\xB5\x2F\xFD", 4);
  const std::size_t third = whole.find("\x28\xB5\x2F\xFD", second + 4);
  std::string damaged = whole;
  damaged[third - 1] = static_cast<char>(damaged[third - 1] ^ 1);  // the checksum of the first request
  const Read read = read_bytes(folder, damaged);
  EXPECT_EQ(read.stats.skipped_frames, 1U);
  EXPECT_EQ(read.stats.skipped_bytes, third - second);
  EXPECT_EQ(read.stats.incomplete, 1U);  // its answer is left without it
  ASSERT_EQ(read.exchanges.size(), 1U);
  EXPECT_EQ(read.exchanges[0].sequence, 2U);
  ASSERT_FALSE(read.stats.problems.empty());
  EXPECT_NE(read.stats.problems[0].find("damaged from byte " + std::to_string(second)), std::string::npos);
}

TEST(DamagedCapture, AnOverwrittenStretchIsSkipped) {
  const TestFolder folder;
  const std::string whole = small_segment(50);
  std::string damaged = whole;
  damaged.replace(whole.size() / 3, 700, std::string(700, '\x28'));
  const Read read = read_bytes(folder, damaged);
  EXPECT_GE(read.exchanges.size(), 44U);
  EXPECT_EQ(read.stats.skipped_frames, 1U);
  EXPECT_FALSE(read.stats.torn_tail);
}

TEST(DamagedCapture, ForeignFilesAreRefusedByName) {
  const TestFolder folder;
  const std::pair<std::string, std::string> strangers[] = {
      {"", "is empty"},
      {std::string("\x1f\x8b\x08\0", 4), "gzip"},
      {"WARC/1.1\r\nWARC-Type: warcinfo\r\n", "not compressed"},
      {std::string("\xd4\xc3\xb2\xa1\x02\0\x04\0", 8), "pcap"},
      {"SQLite format 3", "SQLite"},
      {"{\"log\":{}}", "HAR"},
      {"1 932079936fa4306fc308d67588178d17d823647c 1439818823587396305\n", ".gor"},
      {"hello world, this is no capture at all", "something unknown"},
      // `printf hello | zstd --no-check`, and a frame of no content.
      {std::string("\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00hello", 14), "zstd file, but not of records"},
      {std::string("\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00", 9), "zstd file, but not of records"}};
  for (const auto& [bytes, message] : strangers) {
    const Read read = read_bytes(folder, bytes);
    EXPECT_FALSE(read.opened) << message;
    EXPECT_NE(read.problem.find(message), std::string::npos) << read.problem;
    EXPECT_NE(read.problem.find("x.warc.zst"), std::string::npos) << read.problem;
  }
  EXPECT_NE(CaptureReader::open({folder / "none"}).error().text.find("no such file"), std::string::npos);
  std::filesystem::create_directory(folder / "bare");
  EXPECT_NE(CaptureReader::open({folder / "bare"}).error().text.find("no capture"), std::string::npos);
}

TEST(DamagedCapture, AnEmptyFileInAFolderTakesNothingAway) {
  const TestFolder folder;
  std::filesystem::create_directory(folder / "f");
  write_file(folder / "f/a-r1-00001.warc.zst", small_segment(2));
  write_file(folder / "f/a-r1-00002.warc.zst.partial", "");
  auto reader = CaptureReader::open({folder / "f"});
  ASSERT_TRUE(reader) << reader.error().text;
  EXPECT_EQ(read_all(*reader).size(), 2U);
  EXPECT_EQ(reader->stats().problems.size(), 1U);
}

// --- frames and records that lie ---

std::string record_frame(const std::string& record) {
  RecordCompressor compressor("");
  std::string frame;
  EXPECT_TRUE(compressor.append(frame, record));
  return frame;
}

TEST(HostileCapture, SizesThatLieCostNoMemory) {
  // An RLE block of 128 KiB that claims 4 GiB, and one frame whose blocks are more than a record may hold.
  std::string claims =
      std::string("\x28\xb5\x2f\xfd\xa0", 5) + std::string("\0\0\0\xff", 4) + std::string("\x03\0\x10", 3) + "a";
  FrameExtent extent = measure_frame(claims);
  ASSERT_EQ(extent.state, FrameExtent::State::complete);
  RecordExpander expander;
  EXPECT_FALSE(expander.expand(claims, extent));
  std::string bomb = std::string("\x28\xb5\x2f\xfd\0\x88", 6);
  for (int block = 0; block < 2000; ++block) bomb += std::string("\x02\0\x10", 3) + "a";
  bomb += std::string("\x03\0\x10", 3) + "a";
  extent = measure_frame(bomb);
  ASSERT_EQ(extent.state, FrameExtent::State::complete);
  EXPECT_GT(extent.content_bound, kMaxRecordBytes);
  EXPECT_FALSE(expander.expand(bomb, extent));
}

TEST(HostileCapture, AHugeSkippableFrameIsNeverLoaded) {
  const TestFolder folder;
  std::string bytes = small_segment(2);
  std::string huge;
  append_le32(huge, kIndexMagic);
  append_le32(huge, 0xFFFFFFFF);
  const Read read = read_bytes(folder, bytes + huge + "rest");
  EXPECT_EQ(read.exchanges.size(), 2U);
  EXPECT_TRUE(read.stats.torn_tail);
}

TEST(HostileCapture, RecordLengthsThatLieAreSkipped) {
  const TestFolder folder;
  const std::string good = small_segment(1);
  for (const std::string& length :
       std::vector<std::string>{"0", "5", "18446744073709551615", "99999999999999999999", "-1", "x", ""}) {
    const std::string record = "WARC/1.1\r\nWARC-Type: request\r\nContent-Length: " + length + "\r\n\r\nab\r\n\r\n";
    const Read read = read_bytes(folder, good + record_frame(record));
    EXPECT_EQ(read.exchanges.size(), 1U) << length;
    EXPECT_EQ(read.stats.skipped_frames, 1U) << length;
  }
}

TEST(HostileCapture, RecordsThatSayTooLittleAreCountedNotBelieved) {
  const TestFolder folder;
  const std::string good = small_segment(1);
  const std::string id = "WARC-Record-ID: <urn:truemirror:r1:9:";
  for (const std::string& fields :
       {std::string("WARC-Type: request\r\n"), "WARC-Type: request\r\n" + id + "request>\r\n",
        "WARC-Type: response\r\n" + id + "stable>\r\n",
        "WARC-Type: request\r\n" + id +
            "request>\r\nWARC-Date: 2026-11-22T00:00:00Z\r\nTruemirror-Connection: 1\r\n"}) {
    const Read read =
        read_bytes(folder, good + record_frame("WARC/1.1\r\n" + fields + "Content-Length: 0\r\n\r\n\r\n\r\n"));
    EXPECT_EQ(read.exchanges.size(), 1U) << fields;
    EXPECT_EQ(read.stats.incomplete, 1U) << fields;
  }
}

TEST(HostileCapture, AFileOfFrameBeginningsEndsInLinearWork) {
  const TestFolder folder;
  // Each beginning claims a chain of empty blocks that leads through all the rest of the file.
  std::string bytes = small_segment(1);
  const std::string beginning = std::string("\x28\xb5\x2f\xfd\0\x88", 6) + std::string(30, '\0');
  for (int count = 0; count < 60'000; ++count) bytes += beginning;
  const Read read = read_bytes(folder, bytes);
  EXPECT_EQ(read.exchanges.size(), 1U);
  EXPECT_FALSE(read.stats.intact());
}

}  // namespace
}  // namespace truemirror
