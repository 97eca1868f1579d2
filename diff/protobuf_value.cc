#include "diff/protobuf_value.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "diff/value_class.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

using Reading = ProtoShape::Reading;

bool is_readable(std::string_view text) {
  const auto is_control = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
  };
  return std::none_of(text.begin(), text.end(), is_control) && is_utf8(text);
}

// Nearly every text that is a message by chance has numbers in it (`hi` is field 13 with 105), and nearly every message
// that is readable is one of texts (a line feed and a length before each).
bool is_message_of_texts(std::string_view bytes) {
  std::vector<WireField> fields;
  return read_message(bytes, fields) && std::all_of(fields.begin(), fields.end(), [](const WireField& field) {
           return field.type == WireType::bytes;
         });
}

Reading guess(std::span<const WireField> stable, std::span<const WireField> arm) {
  bool readable = true, messages = true, texts_only = true, any = false;
  for (const std::span<const WireField> side : {stable, arm}) {
    for (const WireField& value : side) {
      if (value.type == WireType::group) return Reading::message;
      if (value.type != WireType::bytes) return Reading::number;
      if (value.bytes.empty()) continue;
      any = true;
      std::vector<WireField> fields;
      readable = readable && is_readable(value.bytes);
      messages = messages && read_message(value.bytes, fields);
      texts_only = texts_only && messages && is_message_of_texts(value.bytes);
    }
  }
  if (any && messages && (!readable || texts_only)) return Reading::message;
  return readable ? Reading::text : Reading::bytes;
}

template <class Float>
std::string float_json(Float value) {
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

// Without a descriptor, fixed numbers are shown as floating point where that is a number of common size.
std::string unknown_number(const WireField& value) {
  const auto common = [](double number) {
    return number == 0 || (std::isfinite(number) && std::abs(number) > 1e-6 && std::abs(number) < 1e15);
  };
  if (value.type == WireType::fixed64) {
    const double number = std::bit_cast<double>(value.value);
    if (common(number)) return float_json(number);
  } else if (value.type == WireType::fixed32) {
    const float number = std::bit_cast<float>(static_cast<std::uint32_t>(value.value));
    if (common(static_cast<double>(number))) return float_json(number);
  }
  return std::to_string(value.value);
}

std::string number_json(const WireField& value, const ProtoField* field) {
  if (field == nullptr) return unknown_number(value);
  const auto low = static_cast<std::uint32_t>(value.value);
  switch (field->type) {
    case ProtoType::float64:
      return float_json(std::bit_cast<double>(value.value));
    case ProtoType::float32:
      return float_json(std::bit_cast<float>(low));
    case ProtoType::int64:
    case ProtoType::sfixed64:
      return std::to_string(static_cast<std::int64_t>(value.value));
    case ProtoType::int32:
    case ProtoType::sfixed32:
      return std::to_string(static_cast<std::int32_t>(low));
    case ProtoType::uint32:
      return std::to_string(low);
    case ProtoType::sint32:
    case ProtoType::sint64:
      return std::to_string(unzigzag(value.value));
    case ProtoType::boolean:
      return value.value != 0 ? "true" : "false";
    case ProtoType::enumeration: {
      const auto number = static_cast<std::int32_t>(low);
      if (field->names == nullptr || !field->names->contains(number)) return std::to_string(number);
      return json_quoted(field->names->at(number));
    }
    default:
      return std::to_string(value.value);
  }
}

std::string bytes_json(std::string_view bytes) { return R"({"length":)" + std::to_string(bytes.size()) + "}"; }

// Values of one number in a row become a list where there are several or the descriptor says so.
std::string message_json(std::string_view bytes, const ProtoMessage* type, int depth) {
  std::vector<WireField> fields;
  if (depth <= 0 || !read_message(bytes, fields)) return bytes_json(bytes);
  std::map<std::uint32_t, std::vector<WireField>> by_number;
  for (const WireField& field : fields) by_number[field.number].push_back(field);
  std::string out;
  for (const auto& [number, values] : by_number) {
    const ProtoField* field = nullptr;
    if (type != nullptr && type->fields.contains(number)) field = &type->fields.at(number);
    out += (out.empty() ? "{" : ",") + json_quoted(field != nullptr ? field->name : std::to_string(number)) + ":";
    const bool list = field != nullptr ? field->repeated : values.size() > 1;
    std::string items;
    for (const WireField& value : values) {
      const ProtoShape shape = shape_of(field, std::span(&value, 1), {});
      items += (items.empty() ? "" : ",") + proto_json(value, shape, depth - 1);
    }
    if (list) items.insert(0, "[").push_back(']');
    out += items;
  }
  return out.empty() ? "{}" : out + "}";
}

}  // namespace

WireType wire_type(ProtoType type) {
  switch (type) {
    case ProtoType::float64:
    case ProtoType::fixed64:
    case ProtoType::sfixed64:
      return WireType::fixed64;
    case ProtoType::float32:
    case ProtoType::fixed32:
    case ProtoType::sfixed32:
      return WireType::fixed32;
    case ProtoType::string:
    case ProtoType::bytes:
    case ProtoType::message:
      return WireType::bytes;
    case ProtoType::group:
      return WireType::group;
    default:
      return WireType::varint;
  }
}

ProtoShape shape_of(const ProtoField* field, std::span<const WireField> stable, std::span<const WireField> arm) {
  if (field != nullptr) {
    const auto fits = [&](const WireField& value) {
      std::vector<WireField> fields;
      return value.type == wire_type(field->type) &&
             (field->type != ProtoType::message || read_message(value.bytes, fields));
    };
    if (!std::all_of(stable.begin(), stable.end(), fits) || !std::all_of(arm.begin(), arm.end(), fits)) field = nullptr;
  }
  if (field == nullptr) return {guess(stable, arm), nullptr};
  switch (field->type) {
    case ProtoType::string:
      return {Reading::text, field};
    case ProtoType::bytes:
      return {Reading::bytes, field};
    case ProtoType::message:
    case ProtoType::group:
      return {Reading::message, field};
    default:
      return {Reading::number, field};
  }
}

std::string proto_json(const WireField& value, const ProtoShape& shape, int depth) {
  switch (shape.reading) {
    case Reading::number:
      return number_json(value, shape.field);
    case Reading::text:
      return json_quoted(value.bytes);
    case Reading::message:
      return message_json(value.bytes, shape.message(), depth);
    case Reading::bytes:
      break;
  }
  return bytes_json(value.bytes);
}

std::string_view proto_class(const WireField& value, const ProtoShape& shape, const std::string& json) {
  switch (shape.reading) {
    case Reading::number:
      if (json.starts_with('"')) return to_string(ValueClass::text);  // a name, or no number
      if (json == "true" || json == "false") return to_string(ValueClass::boolean);
      return to_string(class_of_number(json));
    case Reading::text:
      return to_string(class_of_text(value.bytes));
    case Reading::message:
      return to_string(ValueClass::object);
    case Reading::bytes:
      break;
  }
  return "bytes";
}

}  // namespace truemirror
