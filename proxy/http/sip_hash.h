// SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): a keyed hash that who does not have
// the key can neither compute nor steer, cheap enough for every request.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace truemirror {

class SipHash {
 public:
  using Key = std::array<std::uint64_t, 2>;

  explicit SipHash(const Key& key)
      : v0_(key[0] ^ 0x736f6d6570736575),
        v1_(key[1] ^ 0x646f72616e646f6d),
        v2_(key[0] ^ 0x6c7967656e657261),
        v3_(key[1] ^ 0x7465646279746573) {}

  // Takes a text with its length, modulo 256. Of one text, finish() is the SipHash-2-4 of the paper.
  void add(std::string_view text) {
    std::uint64_t last = static_cast<std::uint64_t>(text.size()) << 56;
    while (text.size() >= sizeof last) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), sizeof word);
      absorb(word);
      text.remove_prefix(sizeof word);
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
      last |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[at])) << (8 * at);
    }
    absorb(last);
  }

  [[nodiscard]] std::uint64_t finish() {
    v2_ ^= 0xff;
    for (int round = 0; round < 4; ++round) mix();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  static_assert(std::endian::native == std::endian::little);

  void absorb(std::uint64_t word) {
    v3_ ^= word;
    mix();
    mix();
    v0_ ^= word;
  }

  void mix() {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

}  // namespace truemirror
