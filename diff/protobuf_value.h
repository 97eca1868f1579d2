// How one field of a protobuf message is read: as its descriptor says, or without one by what all its values, on both
// sides, can be: text, a message, or bytes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "diff/protobuf_types.h"
#include "diff/protobuf_wire.h"

namespace truemirror {

struct ProtoShape {
  enum class Reading : std::uint8_t { number, text, message, bytes };
  Reading reading = Reading::bytes;
  const ProtoField* field = nullptr;  // null: unknown

  [[nodiscard]] const ProtoMessage* message() const { return field == nullptr ? nullptr : field->message; }
};

// The wire type that values of this type have by themselves.
[[nodiscard]] WireType wire_type(ProtoType type);

// `values` are of one wire type. A field whose wire type is not that of its descriptor is unknown.
[[nodiscard]] ProtoShape shape_of(const ProtoField* field, std::span<const WireField> stable,
                                  std::span<const WireField> arm);

// The value as JSON, and its class: `number`, `object`, `bytes`, …. Messages more than `depth` deep are bytes.
[[nodiscard]] std::string proto_json(const WireField& value, const ProtoShape& shape, int depth);
[[nodiscard]] std::string_view proto_class(const WireField& value, const ProtoShape& shape, const std::string& json);

}  // namespace truemirror
