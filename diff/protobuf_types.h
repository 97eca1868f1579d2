// What the fields of protobuf messages are called and hold, from a descriptor set (`protoc --include_imports
// --descriptor_set_out=FILE`), read with the same wire reader as the messages. Immutable; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/http/problem.h"

namespace truemirror {

// Numbers as in descriptor.proto, FieldDescriptorProto.Type; `unknown` where there is no descriptor.
enum class ProtoType : std::uint8_t {
  unknown = 0,
  float64 = 1,
  float32 = 2,
  int64 = 3,
  uint64 = 4,
  int32 = 5,
  fixed64 = 6,
  fixed32 = 7,
  boolean = 8,
  string = 9,
  group = 10,
  message = 11,
  bytes = 12,
  uint32 = 13,
  enumeration = 14,
  sfixed32 = 15,
  sfixed64 = 16,
  sint32 = 17,
  sint64 = 18
};

struct ProtoMessage;
using ProtoEnum = std::map<std::int32_t, std::string>;

struct ProtoField {
  std::string name;
  ProtoType type = ProtoType::unknown;
  bool repeated = false;
  bool absent_is_default = false;         // proto3 without `optional`: zero and absent are the same
  const ProtoMessage* message = nullptr;  // of message and group; null where the set lacks it
  const ProtoEnum* names = nullptr;       // of enumeration
};

struct ProtoMessage {
  bool is_map_entry = false;
  std::map<std::uint32_t, ProtoField> fields;
};

class ProtobufTypes {
 public:
  // `file_name` leads the errors.
  [[nodiscard]] static Result<std::shared_ptr<const ProtobufTypes>> parse(std::string_view descriptor_set,
                                                                          std::string_view file_name);

  // By full name, `shop.Order`; null where the set has none.
  [[nodiscard]] const ProtoMessage* message(std::string_view name) const;
  // What a gRPC method answers, by its path: `/shop.Orders/Get`; null where the set has no such method.
  [[nodiscard]] const ProtoMessage* answer(std::string_view path) const;

 private:
  friend class DescriptorReader;
  std::map<std::string, ProtoMessage, std::less<>> messages_;
  std::map<std::string, ProtoEnum, std::less<>> enums_;
  std::map<std::string, std::string, std::less<>> answers_;  // path of a method → name of a message
};

}  // namespace truemirror
