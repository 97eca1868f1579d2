#include "diff/decode.h"

#include <brotli/encode.h>
#include <gmock/gmock.h>
#include <zlib.h>
#include <zstd.h>

#include "diff_testing.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string deflated(std::string_view text, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
std::string gzip(std::string_view text) { return deflated(text, 15 + 16); }

std::string brotli(std::string_view text) {
  std::size_t size = BrotliEncoderMaxCompressedSize(text.size()) + 64;
  std::string out(size, '\0');
  EXPECT_TRUE(BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, text.size(),
                                    reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                                    reinterpret_cast<std::uint8_t*>(out.data())));
  out.resize(size);
  return out;
}

std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

constexpr std::size_t kLimit = 1 << 20;

Response coded(std::string body, std::string_view coding) {
  Response out = response(std::move(body));
  out.headers.add("Content-Encoding", coding);
  return out;
}

TEST(Decode, EachCodingComesOff) {
  const std::string text = "hello, hello, hello";
  EXPECT_EQ(*decode(gzip(text), {"gzip"}, kLimit), text);
  EXPECT_EQ(*decode(gzip(text), {"X-GZIP"}, kLimit), text);
  EXPECT_EQ(*decode(deflated(text, 15), {"deflate"}, kLimit), text);
  EXPECT_EQ(*decode(deflated(text, -15), {"deflate"}, kLimit), text);
  EXPECT_EQ(*decode(brotli(text), {"br"}, kLimit), text);
  EXPECT_EQ(*decode(zstd(text), {"zstd"}, kLimit), text);
}

TEST(Decode, SeveralCodingsComeOffLastFirst) {
  EXPECT_EQ(*decode(brotli(gzip("text")), {"gzip", "br"}, kLimit), "text");
  EXPECT_TRUE(decode(brotli(gzip("text")), {"br", "gzip"}, kLimit).has_error());
}

TEST(Decode, SeveralGzipMembersAreOneBody) {
  EXPECT_EQ(*decode(gzip("one ") + gzip("two"), {"gzip"}, kLimit), "one two");
}

TEST(Decode, ABodyThatJustFitsIsNoBomb) {
  const std::string text(kLimit, 'x');
  for (const auto& [body, coding] :
       {std::pair{gzip(text), "gzip"}, {deflated(text, 15), "deflate"}, {brotli(text), "br"}, {zstd(text), "zstd"}}) {
    EXPECT_EQ(decode(body, {coding}, kLimit)->size(), kLimit) << coding;
    EXPECT_EQ(decode(body, {coding}, kLimit - 1).error(), CodingError::bomb) << coding;
  }
}

TEST(Decode, WhatIsCutShortOrBrokenIsCorrupt) {
  for (const auto& [body, coding] : {std::pair{gzip("some text"), "gzip"},
                                     {deflated("some text", 15), "deflate"},
                                     {brotli("some text"), "br"},
                                     {zstd("some text"), "zstd"}}) {
    for (std::size_t length = 0; length < body.size(); ++length) {
      EXPECT_EQ(decode(body.substr(0, length), {coding}, kLimit).error(), CodingError::corrupt) << coding << length;
    }
    EXPECT_EQ(decode(body + "rest", {coding}, kLimit).error(), CodingError::corrupt) << coding;
  }
}

TEST(Decode, ACodingNobodyKnowsIsUnknown) {
  EXPECT_EQ(decode("x", {"compress"}, kLimit).error(), CodingError::unknown);
}

TEST(Decode, ManyCodingsInARowAreRefused) {
  EXPECT_EQ(decode("x", std::vector<std::string_view>(9, "gzip"), kLimit).error(), CodingError::corrupt);
}

TEST(Decode, CodingsAreReadFromAllFieldsInOrder) {
  const Headers headers{{"Content-Encoding", "gzip , identity"}, {"content-encoding", "br"}};
  EXPECT_THAT(content_codings(headers), ElementsAre("gzip", "br"));
}

TEST(Decode, BodiesCompareWithoutTheirCodings) {
  EXPECT_THAT(lines(divergences(coded(gzip(R"({"a":1})"), "gzip"), coded(brotli(R"({"a":2})"), "gzip, br"))),
              ElementsAre("value header/content-encoding text→text", "malformed body corrupt_coding"));
  EXPECT_THAT(lines(divergences(coded(gzip(R"({"a":1})"), "gzip"), coded(gzip(R"({"a":2})"), "gzip"))),
              ElementsAre("value body/a number→number"));
  EXPECT_THAT(lines(divergences(coded(gzip("{}"), "gzip"), coded(zstd("{}"), "zstd"))),
              ElementsAre("value header/content-encoding text→text"));
}

TEST(Decode, ABombIsMalformedAndNoOutage) {
  const std::string bomb = zstd(std::string(64u << 20, '0'));
  ASSERT_LT(bomb.size(), 16'000u);
  EXPECT_THAT(lines(divergences(coded(zstd("{}"), "zstd"), coded(bomb, "zstd"))), ElementsAre("malformed body bomb"));
  EXPECT_THAT(lines(divergences(coded(bomb, "zstd"), coded(zstd("{}"), "zstd"))),
              ElementsAre("malformed body was_bomb"));
}

TEST(Decode, BombsOnBothSidesCompareAsTheyCame) {
  const std::string bomb = gzip(std::string(20u << 20, '0'));
  EXPECT_THAT(divergences(coded(bomb, "gzip"), coded(bomb, "gzip")), IsEmpty());
  EXPECT_THAT(lines(divergences(coded(bomb, "gzip"), coded(gzip(std::string(21u << 20, '0')), "gzip"))),
              ElementsAre("bytes body length"));
}

TEST(Decode, AnUnknownCodingOnBothSidesComparesAsBytes) {
  EXPECT_THAT(lines(divergences(coded("abc", "compress"), coded("abd", "compress"))),
              ElementsAre("bytes body content"));
}

}  // namespace
}  // namespace truemirror
