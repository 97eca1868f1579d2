// Writes protobuf messages and gRPC frames for tests.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace truemirror {

inline std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(static_cast<unsigned char>(value | 0x80));
  return out + static_cast<char>(value);
}
inline std::string tag(std::uint32_t number, unsigned wire_type) { return varint(number << 3 | wire_type); }
inline std::string number(std::uint32_t field, std::uint64_t value) { return tag(field, 0) + varint(value); }
inline std::string bytes(std::uint32_t field, std::string_view value) {
  return tag(field, 2) + varint(value.size()) + std::string(value);
}
inline std::string fixed64(std::uint32_t field, double value) {
  std::string out(8, '\0');
  std::memcpy(out.data(), &value, 8);
  return tag(field, 1) + out;
}
inline std::string group(std::uint32_t field, std::string_view inside) {
  return tag(field, 3) + std::string(inside) + tag(field, 4);
}
inline std::string frame(std::string_view message, char flags = 0) {
  std::string out(1, flags);
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<unsigned char>(message.size() >> shift));
  return out + std::string(message);
}

}  // namespace truemirror
