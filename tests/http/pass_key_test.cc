#include "proxy/http/pass_key.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/http/head_scanner.h"

namespace truemirror {
namespace {

const PassKey kKey({1, 2});

std::string signed_by(const PassKey& key, std::string_view method, std::string_view target) {
  const PassKey::Text text = key.sign(method, target);
  return {text.begin(), text.end()};
}

bool has_passed(const std::string& method, const std::string& target, const std::string& value) {
  const std::string bytes =
      method + " " + target + " HTTP/1.1\r\nHost: a\r\nX-Truemirror-Passed: " + value + "\r\n\r\n";
  HeadScanner scanner;
  RequestHead head;
  EXPECT_EQ(scanner.scan(bytes, head), ScanResult::complete) << bytes;
  return kKey.has_passed(head);
}

// The vectors of the paper, appendix A: the key is 00 to 0f, the text 00 to 0e.
TEST(SipHash, IsThatOfItsPaper) {
  SipHash hash({0x0706050403020100, 0x0f0e0d0c0b0a0908});
  std::string text;
  for (char byte = 0; byte < 15; ++byte) text += byte;
  hash.add(text);
  EXPECT_EQ(hash.finish(), 0xa129ca6149be45e5u);
}

TEST(PassKey, KnowsWhatItHasSent) {
  const std::string ours = signed_by(kKey, "GET", "/orders/1");
  EXPECT_TRUE(has_passed("GET", "/orders/1", ours));
  EXPECT_TRUE(has_passed("GET", "/orders/1", "0123456789abcdef, " + ours));
  EXPECT_TRUE(has_passed("GET", "/orders/1", "x\r\nx-truemirror-passed: " + ours));
}

TEST(PassKey, OfAnotherRunOrInventedItSaysNothing) {
  EXPECT_FALSE(has_passed("GET", "/orders/1", signed_by(PassKey({1, 3}), "GET", "/orders/1")));
  EXPECT_FALSE(has_passed("GET", "/orders/1", "0000000000000000"));
  EXPECT_FALSE(has_passed("GET", "/orders/1", ""));
  EXPECT_FALSE(has_passed("GET", "/orders/1", signed_by(kKey, "GET", "/orders/1") + "0"));
}

TEST(PassKey, SeenInOneRequestIsGoodForNoOther) {
  const std::string seen = signed_by(kKey, "GET", "/headers");
  EXPECT_TRUE(has_passed("GET", "/headers", seen));
  EXPECT_FALSE(has_passed("GET", "/checkout", seen));
  EXPECT_FALSE(has_passed("POST", "/headers", seen));
  EXPECT_NE(signed_by(kKey, "GET", "/a"), signed_by(kKey, "GET/", "a"));
}

}  // namespace
}  // namespace truemirror
