#include "proxy/upstream/tls_hello.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

std::size_t number(std::string_view bytes) {
  std::size_t value = 0;
  for (char byte : bytes) value = value * 256 + static_cast<unsigned char>(byte);
  return value;
}

TEST(TlsHello, IsAsLongAsItSaysAtEachLevel) {
  const std::string_view hello = client_hello();
  EXPECT_EQ(number(hello.substr(3, 2)), hello.size() - 5);
  EXPECT_EQ(number(hello.substr(6, 3)), hello.size() - 9);
  const std::size_t suites = number(hello.substr(44, 2));
  EXPECT_EQ(number(hello.substr(46 + suites + 2, 2)), hello.size() - 46 - suites - 4);
}

TEST(TlsHello, IsAnsweredWithAHandshakeOrAnAlert) {
  EXPECT_TRUE(is_tls_record("\x16\x03\x03"));
  EXPECT_TRUE(is_tls_record("\x15\x03\x01"));
  EXPECT_FALSE(is_tls_record("HTTP/1.1 400 Bad Request"));
  EXPECT_FALSE(is_tls_record("\x16"));
  EXPECT_FALSE(is_tls_record(""));
}

}  // namespace
}  // namespace truemirror
