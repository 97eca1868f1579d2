#include <gmock/gmock.h>
#include <zlib.h>

#include "diff_testing.h"
#include "protobuf_testing.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Lines proto(std::string stable, std::string arm) {
  return text_diff(std::move(stable), std::move(arm), "application/x-protobuf");
}
Lines grpc(std::string stable, std::string arm) {
  return text_diff(std::move(stable), std::move(arm), "application/grpc");
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Protobuf, FieldsCompareByNumberWhateverTheirOrder) {
  EXPECT_THAT(proto(number(1, 7) + bytes(2, "a name"), bytes(2, "a name") + number(1, 7)), IsEmpty());
  EXPECT_THAT(
      proto(number(1, 7) + bytes(2, "a name") + fixed64(3, 1.5), number(1, 8) + bytes(2, "b name") + fixed64(3, 2.5)),
      ElementsAre("value body/1 number→number", "value body/2 text→text", "value body/3 number→number"));
  EXPECT_THAT(proto(number(1, 7) + number(2, 1), number(1, 7) + number(300, 1)),
              ElementsAre("missing body/2 number", "added body/300 number"));
}

TEST(Protobuf, MessagesWithinMessagesHavePaths) {
  const auto order = [](std::string_view name, std::uint64_t price) {
    return bytes(4, bytes(1, name) + bytes(2, number(1, price) + bytes(3, "EUR")));
  };
  EXPECT_THAT(proto(order("a chair", 5), order("a chair", 6)), ElementsAre("value body/4/2/1 number→number"));
  EXPECT_THAT(proto(group(4, number(1, 1)), group(4, number(1, 2))), ElementsAre("value body/4/1 number→number"));
}

TEST(Protobuf, ReadableBytesAreTextUnlessTheyAreAMessageOfTexts) {
  EXPECT_THAT(proto(bytes(1, "hi"), bytes(1, "ho")), ElementsAre("value body/1 text→text"));
  EXPECT_THAT(proto(bytes(1, bytes(1, "hello there")), bytes(1, bytes(1, "hello three"))),
              ElementsAre("value body/1/1 text→text"));
  EXPECT_THAT(proto(bytes(1, "\xFF\xFE"), bytes(1, "\xFF\xFD")), ElementsAre("bytes body/1 content"));
}

TEST(Protobuf, OneInsertedElementIsOneDivergence) {
  std::string stable, arm;
  for (std::uint64_t at = 0; at < 500; ++at) {
    if (at == 250) arm += bytes(3, bytes(2, "new") + number(1, 9999));
    stable += bytes(3, bytes(2, "item") + number(1, at));
    arm += bytes(3, bytes(2, "item") + number(1, at));
  }
  EXPECT_THAT(proto(stable, arm), ElementsAre("added body/3/250 object"));
}

TEST(Protobuf, ElementsPairByTheirFirstField) {
  const auto item = [](std::uint64_t id, std::string_view name) { return bytes(3, number(1, id) + bytes(2, name)); };
  EXPECT_THAT(proto(item(1, "a") + item(2, "b") + item(3, "c"), item(3, "c") + item(1, "a") + item(2, "x")),
              ElementsAre("reordered body/3 order", "value body/3/1/2 text→text"));
  EXPECT_THAT(proto(number(1, 5) + number(1, 6) + number(1, 7), number(1, 7) + number(1, 5) + number(1, 6)),
              ElementsAre("reordered body/1 order"));
}

TEST(Protobuf, AnotherWireTypeIsAnotherType) {
  EXPECT_THAT(proto(number(1, 7), bytes(1, "7")), ElementsAre("type body/1 varint→bytes"));
}

TEST(Protobuf, WhatIsMissingIsShownAsJson) {
  const auto found =
      divergences(response(bytes(2, bytes(1, "a \"name\"") + number(2, 7) + number(2, 8)), "application/protobuf"),
                  response(number(9, 1), "application/protobuf"));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].stable, R"({"1":"a \"name\"","2":[7,8]})");
  EXPECT_EQ(found[1].arm, "1");
}

TEST(Protobuf, WhatIsNoMessageComparesAsBytes) {
  EXPECT_THAT(proto("\x0A\x05"
                    "ab",
                    number(1, 1)),
              ElementsAre("bytes body not_protobuf→protobuf"));
  EXPECT_THAT(proto(std::string("\0\1", 2), std::string("\0\2", 2)),
              ElementsAre("bytes body not_protobuf→not_protobuf"));
}

TEST(Protobuf, NestingIsBounded) {
  std::string stable = number(1, 1), arm = number(1, 2);
  for (int depth = 0; depth < 5000; ++depth) {
    stable = bytes(1, stable);
    arm = bytes(1, arm);
  }
  EXPECT_EQ(proto(stable, arm).size(), 1u);
  std::string groups;
  for (int depth = 0; depth < 100'000; ++depth) groups += tag(1, 3);
  EXPECT_THAT(proto(groups, number(1, 1)), ElementsAre("bytes body not_protobuf→protobuf"));
}

TEST(Grpc, MessagesCompareOneByOne) {
  EXPECT_THAT(grpc(frame(number(1, 1)) + frame(number(1, 2)), frame(number(1, 1)) + frame(number(1, 3))),
              ElementsAre("value body/2/1 number→number"));
  EXPECT_THAT(
      grpc(frame(number(1, 1)) + frame(number(1, 2)), frame(number(1, 1)) + frame(number(1, 9)) + frame(number(1, 2))),
      ElementsAre("added body/2 message"));
}

TEST(Grpc, CompressedMessagesCompareByWhatTheyHold) {
  Response stable = response(frame(number(1, 1)), "application/grpc"),
           arm = response(frame(gzip(number(1, 1)), 1), "application/grpc");
  stable.headers.add("grpc-encoding", "gzip");
  arm.headers.add("grpc-encoding", "gzip");
  EXPECT_THAT(lines(divergences(stable, arm)), IsEmpty());
  arm.body = Body(frame(gzip(number(1, 2)), 1));
  EXPECT_THAT(lines(divergences(stable, arm)), ElementsAre("value body/1/1 number→number"));
  CompareOptions options;
  options.max_decoded_bytes = 1 << 10;
  arm.body = Body(frame(gzip(bytes(1, std::string(1 << 20, 'x'))), 1));
  EXPECT_EQ(divergences(stable, arm, options).size(), 1u);
}

TEST(Grpc, TrailersOfGrpcWebCompareByName) {
  EXPECT_THAT(grpc(frame(number(1, 1)) + frame("grpc-status: 0\r\n", '\x80'),
                   frame(number(1, 1)) + frame("Grpc-Status:13\r\ngrpc-message:x\r\n", '\x80')),
              ElementsAre("value body/trailers/grpc-status number→number", "added body/trailers/grpc-message text"));
}

TEST(Grpc, MessagesMayBeJson) {
  EXPECT_THAT(grpc(frame(R"({"a":1})"), frame(R"({"a":2})")), ElementsAre("value body/1/a number→number"));
}

TEST(Grpc, ABrokenRowOfMessagesComparesAsBytes) {
  EXPECT_THAT(grpc(frame(number(1, 1)), frame(number(1, 1)).substr(0, 6)), ElementsAre("bytes body grpc→not_grpc"));
}

}  // namespace
}  // namespace truemirror
