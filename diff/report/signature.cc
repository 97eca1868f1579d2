#include "diff/report/signature.h"

#define XXH_INLINE_ALL  // a state on the stack
#include <xxhash.h>

#include <array>

namespace truemirror {
namespace {

// Little-endian on every machine, so that signatures travel.
std::array<unsigned char, 8> little_endian(std::uint64_t value) {
  std::array<unsigned char, 8> bytes{};
  for (unsigned char& byte : bytes) {
    byte = static_cast<unsigned char>(value & 0xff);
    value >>= 8;
  }
  return bytes;
}

void mix(XXH3_state_t& state, std::uint64_t number) {
  const auto bytes = little_endian(number);
  XXH3_64bits_update(&state, bytes.data(), bytes.size());
}

void mix(XXH3_state_t& state, std::string_view text) {
  mix(state, static_cast<std::uint64_t>(text.size()));
  XXH3_64bits_update(&state, text.data(), text.size());
}

}  // namespace

Signature signature(std::string_view endpoint, std::string_view generalized, Kind kind, std::string_view transition) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  mix(state, static_cast<std::uint64_t>(kSignatureVersion));
  for (const std::string_view part : {endpoint, generalized, to_string(kind), transition}) mix(state, part);
  return XXH3_64bits_digest(&state);
}

std::string finding_id(Signature signature) {
  std::string id(16, '0');
  for (std::size_t at = id.size(); at > 0; signature >>= 4) id[--at] = "0123456789abcdef"[signature & 0xf];
  return id;
}

std::uint64_t sample_hash(std::uint64_t sequence) {
  const auto bytes = little_endian(sequence);
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace truemirror
