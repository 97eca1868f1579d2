#include "diff/protobuf_wire.h"

namespace truemirror {
namespace {

constexpr std::size_t kMostFields = 1u << 20;
constexpr int kDeepestGroup = 32;
constexpr unsigned kEndGroup = 4;

bool read_varint(std::string_view& from, std::uint64_t& out) {
  out = 0;
  for (unsigned shift = 0; shift < 70 && !from.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    out |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool read_fixed(std::string_view& from, std::size_t width, std::uint64_t& out) {
  if (from.size() < width) return false;
  out = 0;
  for (std::size_t byte = width; byte-- > 0;) out = out << 8 | static_cast<unsigned char>(from[byte]);
  from.remove_prefix(width);
  return true;
}

bool read_value(std::string_view& from, WireType type, std::uint64_t& out) {
  if (type == WireType::varint) return read_varint(from, out);
  return read_fixed(from, type == WireType::fixed64 ? 8 : 4, out);
}

// The tag's number and wire type, which may be kEndGroup.
bool read_tag(std::string_view& from, std::uint32_t& number, unsigned& type) {
  std::uint64_t tag = 0;
  if (!read_varint(from, tag) || tag > UINT32_MAX) return false;
  number = static_cast<std::uint32_t>(tag >> 3);
  type = static_cast<unsigned>(tag & 7);
  return number != 0 && type <= 5;
}

bool read_bytes(std::string_view& from, std::string_view& out) {
  std::uint64_t size = 0;
  if (!read_varint(from, size) || size > from.size()) return false;
  out = from.substr(0, size);
  from.remove_prefix(size);
  return true;
}

// Up to and with the group's end tag; `out` is what stands before that.
bool skip_group(std::string_view& from, std::uint32_t number, std::string_view& out, int depth) {
  if (depth > kDeepestGroup) return false;
  const std::string_view begin = from;
  while (!from.empty()) {
    const std::size_t before = from.size();
    std::uint32_t inner = 0;
    unsigned type = 0;
    std::uint64_t value = 0;
    std::string_view bytes;
    if (!read_tag(from, inner, type)) return false;
    if (type == kEndGroup) {
      out = begin.substr(0, begin.size() - before);
      return inner == number;
    }
    const auto wire = static_cast<WireType>(type);
    const bool read = wire == WireType::bytes   ? read_bytes(from, bytes)
                      : wire == WireType::group ? skip_group(from, inner, bytes, depth + 1)
                                                : read_value(from, wire, value);
    if (!read) return false;
  }
  return false;
}

}  // namespace

std::string_view to_string(WireType type) {
  switch (type) {
    case WireType::varint:
      return "varint";
    case WireType::fixed64:
      return "fixed64";
    case WireType::bytes:
      return "bytes";
    case WireType::group:
      return "group";
    case WireType::fixed32:
      return "fixed32";
  }
  return {};
}

bool read_message(std::string_view bytes, std::vector<WireField>& out) {
  out.clear();
  while (!bytes.empty()) {
    WireField field;
    unsigned type = 0;
    if (out.size() >= kMostFields || !read_tag(bytes, field.number, type) || type == kEndGroup) return false;
    field.type = static_cast<WireType>(type);
    if (field.type == WireType::bytes) {
      if (!read_bytes(bytes, field.bytes)) return false;
    } else if (field.type == WireType::group) {
      if (!skip_group(bytes, field.number, field.bytes, 1)) return false;
    } else {
      const std::string_view at = bytes;
      if (!read_value(bytes, field.type, field.value)) return false;
      field.bytes = at.substr(0, at.size() - bytes.size());
    }
    out.push_back(field);
  }
  return true;
}

bool read_packed(const WireField& packed, WireType type, std::vector<WireField>& out) {
  std::string_view from = packed.bytes;
  while (!from.empty()) {
    WireField field{packed.number, type, 0, {}};
    const std::string_view at = from;
    if (out.size() >= kMostFields || !read_value(from, type, field.value)) return false;
    field.bytes = at.substr(0, at.size() - from.size());
    out.push_back(field);
  }
  return true;
}

}  // namespace truemirror
