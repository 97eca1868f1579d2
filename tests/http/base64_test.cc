#include "proxy/http/base64.h"

#include <gtest/gtest.h>

#include <vector>

namespace truemirror {
namespace {

TEST(Base64, ThereAndBackAgain) {
  for (const std::string& bytes :
       std::vector<std::string>{"", "f", "fo", "foo", "foob", std::string("\0\xFF\x80", 3)}) {
    EXPECT_EQ(base64_decoded(base64(bytes)), bytes);
  }
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_FALSE(base64_decoded("Zm9*"));
  EXPECT_FALSE(base64_decoded("Zg==Zg"));
}

}  // namespace
}  // namespace truemirror
