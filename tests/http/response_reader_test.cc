#include "proxy/http/response_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace truemirror {
namespace {

constexpr std::string_view kWhole =
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    "HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nX-Empty:\r\nConnection: x-gone\r\nX-Gone: 1\r\n\r\nhello";

std::string payload_of(const ResponseReader& reader) {
  std::string all;
  for (const std::string_view span : reader.payload()) all += span;
  return all;
}

// Feeds it in pieces of `size` bytes and returns the body.
std::string feed(ResponseReader& reader, std::string_view bytes, std::size_t size) {
  std::string body;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    const std::string piece(bytes.substr(0, size));  // of its own: nothing may point into the piece before
    reader.feed(piece);
    body += payload_of(reader);
  }
  return body;
}

TEST(ResponseReader, ReadsTheSameHoweverTheBytesCome) {
  for (std::size_t size = 1; size <= kWhole.size(); ++size) {
    ResponseReader reader("GET");
    EXPECT_EQ(feed(reader, kWhole, size), "hello") << size;
    ASSERT_TRUE(reader.done()) << size;
    EXPECT_EQ(reader.response().status, 200);
    EXPECT_EQ(reader.response().reason, "Fine");
    EXPECT_EQ(reader.response().headers, (Headers{{"Content-Length", "5"}, {"X-Empty", ""}}));
    EXPECT_TRUE(reader.keeps_connection());
  }
}

TEST(ResponseReader, KeepsNothingOfTheResponseBefore) {
  ResponseReader reader("GET");
  reader.feed("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Enc");
  reader.restart("HEAD");
  feed(reader, "HTTP/1.1 404 No\r\nContent-Length: 7\r\n\r\n", 9);
  ASSERT_TRUE(reader.done());
  EXPECT_EQ(reader.response().status, 404);
  EXPECT_TRUE(reader.keeps_connection());

  reader.restart("GET");
  EXPECT_FALSE(reader.has_head());
  EXPECT_FALSE(reader.finish());
  reader.feed("nonsense\r\n\r\n");
  EXPECT_TRUE(reader.failed());
  reader.restart("GET");
  EXPECT_FALSE(reader.failed());
  EXPECT_EQ(feed(reader, kWhole, 1000), "hello");
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.received(), 5u);

  reader.restart("GET");
  feed(reader, kWhole, 20);  // the first of them hold no head yet
  reader.restart("GET");
  reader.feed("HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(reader.received(), 0u);
}

TEST(ResponseReader, TellsOfAllMemoryThatAHostileHeadLeavesInIt) {
  constexpr std::size_t kOptions = 10'000;
  std::string head = "HTTP/1.1 204 No Content\r\nConnection: a";
  for (std::size_t at = 1; at < kOptions; ++at) head += ",a";
  ResponseReader reader("GET");
  reader.feed(head + "\r\n\r\n");
  ASSERT_TRUE(reader.done());
  EXPECT_GE(reader.footprint(), kOptions * sizeof(std::string_view));
}

TEST(ResponseReader, BytesBeyondTheResponseEndTheConnectionsUse) {
  ResponseReader reader("GET");
  feed(reader, std::string(kWhole) + "more", 1000);
  EXPECT_TRUE(reader.done());
  EXPECT_FALSE(reader.keeps_connection());
}

TEST(ResponseReader, RefusesWhatIsNoFinalResponse) {
  ResponseReader reader("GET");
  reader.feed("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
  EXPECT_TRUE(reader.failed());
  reader.restart("GET");
  for (int at = 0; at < 1000; ++at) reader.feed("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_FALSE(reader.failed());
  for (int at = 0; at < 20'000 && !reader.failed(); ++at) reader.feed("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(reader.error(), "too many interim responses");
}

}  // namespace
}  // namespace truemirror
