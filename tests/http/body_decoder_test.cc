#include "proxy/http/body_decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace truemirror {
namespace {

// Feeds `bytes` in pieces of `step` and returns the payload; `rest` is what was not consumed.
std::string decode(BodyDecoder& decoder, std::string_view bytes, std::size_t step, std::string* rest = nullptr) {
  std::string out;
  while (!bytes.empty() && !decoder.done() && !decoder.failed()) {
    const std::string piece(bytes.substr(0, step));  // a block of its own: spans may not outlive it
    std::vector<std::string_view> payload;
    const std::size_t consumed = decoder.feed(piece, payload);
    for (std::string_view span : payload) out.append(span);
    bytes.remove_prefix(consumed);
  }
  if (rest != nullptr) *rest = bytes;
  return out;
}

TEST(BodyDecoder, ChunkedIsTheSameInPiecesOfAnySize) {
  const std::string bytes = "4;ext=1\r\nWiki\r\n5\r\npedia\r\n0\r\nX-Sum: 7 \r\nCookie: 3\r\n\r\nGET /";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    BodyDecoder decoder;
    decoder.start(Framing::chunked, 0);
    std::string rest;
    EXPECT_EQ(decode(decoder, bytes, step, &rest), "Wikipedia") << step;
    EXPECT_TRUE(decoder.done());
    EXPECT_EQ(rest, "GET /");
    EXPECT_EQ(decoder.trailers(), (Headers{{"X-Sum", "7"}}));
  }
}

TEST(BodyDecoder, KnowsHowMuchIsAnnounced) {
  BodyDecoder decoder;
  std::vector<std::string_view> payload;
  decoder.start(Framing::length, 10);
  EXPECT_EQ(decoder.announced(), 10u);
  decoder.feed("0123", payload);
  EXPECT_EQ(decoder.announced(), 10u);
  decoder.start(Framing::chunked, 10);
  EXPECT_EQ(decoder.announced(), 0u);
  decoder.feed("4\r\nabcd\r\n5", payload);
  EXPECT_EQ(decoder.announced(), 4u);  // the size may have more digits
  decoder.feed("\r\nef", payload);
  EXPECT_EQ(decoder.announced(), 9u);
  decoder.feed("ghi\r\n0\r\n\r\n", payload);
  EXPECT_EQ(decoder.announced(), 9u);
  EXPECT_EQ(decoder.received(), 9u);
}

TEST(BodyDecoder, NoBodyHasTheTrailersOfTheOneBefore) {
  for (const Framing next : {Framing::none, Framing::length, Framing::until_close, Framing::chunked}) {
    BodyDecoder decoder;
    decoder.start(Framing::chunked, 0);
    EXPECT_EQ(decode(decoder, "0\r\nX-Sum: 7\r\n\r\n", 5), "");
    decoder.start(next, 3);
    EXPECT_TRUE(decoder.trailers().empty()) << static_cast<int>(next);
  }
}

TEST(BodyDecoder, LengthEndsWhereItSaysAndLeavesTheNextMessage) {
  BodyDecoder decoder;
  decoder.start(Framing::length, 3);
  std::string rest;
  EXPECT_EQ(decode(decoder, "abcGET", 2, &rest), "abc");
  EXPECT_EQ(rest, "GET");
}

TEST(BodyDecoder, UntilCloseIsDoneWhenThePeerClosesAndLengthIsNot) {
  BodyDecoder decoder;
  decoder.start(Framing::until_close, 0);
  decode(decoder, "abc", 3);
  EXPECT_FALSE(decoder.done());
  EXPECT_TRUE(decoder.finish());
  decoder.start(Framing::length, 4);
  decode(decoder, "abc", 3);
  EXPECT_FALSE(decoder.finish());
}

TEST(BodyDecoder, MalformedChunksFail) {
  for (const char* bytes : {"x\r\n",
                            "-1\r\n",
                            "0x1\r\na\r\n",
                            "ffffffffffffffffff\r\n",
                            "1\r\nab\r\n",
                            "1\na\r\n",
                            "5 5\r\n",
                            "5 \r\n",
                            " 5\r\n",
                            "1;\r\n",
                            "1;a=\r\n",
                            "1;a[=1\r\n",
                            "1;a=\"b\r\n",
                            "1;a\n",
                            "1\ra",
                            "1\r\na\n",
                            "0\r\n\n",
                            "1000000000000000\r\n",
                            "0\r\nbad name: 1\r\n\r\n",
                            "0\r\nX: \x01\r\n\r\n",
                            "0\r\nX: 1\n",
                            "0\r\nX: 1\rY",
                            "0\r\nContent-Length: 1\r\n\r\n",
                            "0\r\nHost: a\r\n\r\n"}) {
    BodyDecoder decoder;
    decoder.start(Framing::chunked, 0);
    decode(decoder, bytes, 64);
    EXPECT_TRUE(decoder.failed()) << bytes;
  }
}

TEST(BodyDecoder, ExtensionsAreReadAsTheGrammarHasThemAndDropped) {
  BodyDecoder decoder;
  decoder.start(Framing::chunked, 0);
  EXPECT_EQ(decode(decoder, "1 ;a\r\nA\r\n01;b=c ; d = \"e\\\"; \\\\\"\r\nB\r\n000;f\r\n\r\n", 3), "AB");
  EXPECT_TRUE(decoder.done());
}

TEST(BodyDecoder, EndlessExtensionsFail) {
  BodyDecoder decoder;
  decoder.start(Framing::chunked, 0);
  decode(decoder, "1;" + std::string(100'000, 'a'), 4096);
  EXPECT_TRUE(decoder.failed());
}

}  // namespace
}  // namespace truemirror
