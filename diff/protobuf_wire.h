// The wire format of protocol buffers: one message's fields in the order they stand, without knowing what they mean.
// What lies inside a field is read when somebody asks for it, so a message is read level by level, each in linear time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace truemirror {

// As the wire has them; `group` also for the fields between its two tags.
enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, group = 3, fixed32 = 5 };
[[nodiscard]] std::string_view to_string(WireType type);

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t value = 0;  // of the first, second and last type
  std::string_view bytes;   // the contents of bytes and groups; of the others the value as it stands
};

// False: these bytes are no message, or one of over a million fields. An empty message has no fields.
[[nodiscard]] bool read_message(std::string_view bytes, std::vector<WireField>& out);

// The values of a packed field whose elements are of this type; false where the bytes are none.
[[nodiscard]] bool read_packed(const WireField& packed, WireType type, std::vector<WireField>& out);

}  // namespace truemirror
