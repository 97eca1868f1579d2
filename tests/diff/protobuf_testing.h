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

// `package a`, in proto3: what a test needs of messages, enumerations and services.
inline std::string declared_field(std::string_view name, std::uint32_t at, std::uint64_t type, std::string_view of = "",
                                  bool repeated = false) {
  return bytes(2, bytes(1, name) + number(3, at) + number(4, repeated ? 3 : 1) + number(5, type) +
                      (of.empty() ? "" : bytes(6, of)));
}
inline std::string shop_descriptors() {
  const std::string entry = bytes(
      3, bytes(1, "StockEntry") + declared_field("key", 1, 9) + declared_field("value", 2, 5) + bytes(7, number(7, 1)));
  const std::string order =
      bytes(1, "Order") + declared_field("id", 1, 3) + declared_field("total", 2, 1) +
      declared_field("state", 3, 14, ".a.State") + declared_field("items", 4, 11, ".a.Order.Item", true) +
      declared_field("stock", 5, 11, ".a.Order.StockEntry", true) + declared_field("codes", 6, 5, "", true) +
      declared_field("change", 7, 17) + declared_field("paid", 8, 8) +
      bytes(3, bytes(1, "Item") + declared_field("name", 1, 9) + declared_field("price", 2, 1)) + entry;
  const std::string state = bytes(1, "State") + bytes(2, bytes(1, "NEW") + number(2, 0)) +
                            bytes(2, bytes(1, "PAID") + number(2, 1)) + bytes(2, bytes(1, "SENT") + number(2, 2));
  const std::string service =
      bytes(1, "Orders") + bytes(2, bytes(1, "Get") + bytes(2, ".a.Order") + bytes(3, ".a.Order"));
  return bytes(1, bytes(1, "a.proto") + bytes(2, "a") + bytes(4, order) + bytes(5, state) + bytes(6, service) +
                      bytes(12, "proto3"));
}

}  // namespace truemirror
