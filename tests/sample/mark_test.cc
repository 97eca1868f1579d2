// Shadow marks where OpenSSL cannot make them: its HMAC() is ours here, and fails when told to.
#include "proxy/sample/mark.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <openssl/hmac.h>

namespace {

bool hmac_fails = false;

}  // namespace

// Before the library's own, as the linker has it.
extern "C" unsigned char* HMAC(const EVP_MD* digest, const void* key, int key_size, const unsigned char* data,
                               std::size_t size, unsigned char* out, unsigned* out_size) {
  static const auto real = reinterpret_cast<decltype(&HMAC)>(::dlsym(RTLD_NEXT, "HMAC"));
  return hmac_fails ? nullptr : real(digest, key, key_size, data, size, out, out_size);
}

namespace truemirror {
namespace {

struct WithoutHmac {
  WithoutHmac() { hmac_fails = true; }
  ~WithoutHmac() { hmac_fails = false; }
};

TEST(Mark, WhatIsSignedIsValidForItsRoleItsRunAndItsKeyAlone) {
  const MarkKey key("a key of the operator's");
  const std::string mark = key.sign(Arm::candidate, "run-1");
  EXPECT_TRUE(key.valid(mark));
  EXPECT_FALSE(MarkKey("another").valid(mark));
  const std::string mac = mark.substr(mark.find("mac="));
  EXPECT_FALSE(key.valid("role=control; run=run-1; " + mac));
  EXPECT_FALSE(key.valid("role=candidate; run=run-2; " + mac));
}

TEST(Mark, ASignatureThatFailsLeavesNoValidMark) {
  const MarkKey key("a key of the operator's");
  std::string mark;
  {
    const WithoutHmac failing;
    mark = key.sign(Arm::candidate, "run-1");
    EXPECT_FALSE(key.valid(mark));
  }
  EXPECT_FALSE(key.valid(mark));
  EXPECT_NE(mark, key.sign(Arm::candidate, "run-1"));
}

TEST(Mark, WhereNoSignatureCanBeCheckedNoMarkIsValid) {
  const MarkKey key("a key of the operator's");
  const std::string right = key.sign(Arm::candidate, "run-1");
  const WithoutHmac failing;
  EXPECT_FALSE(key.valid(right));
  EXPECT_FALSE(key.valid("role=candidate; run=run-1; mac="));
  EXPECT_FALSE(key.valid("role=candidate; run=run-1; mac=" + std::string(32, '0')));  // a digest of zeros
}

}  // namespace
}  // namespace truemirror
