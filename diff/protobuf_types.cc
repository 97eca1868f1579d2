#include "diff/protobuf_types.h"

#include <algorithm>
#include <vector>

#include "diff/protobuf_wire.h"
#include "proxy/http/canonical_path.h"

namespace truemirror {
namespace {

using Fields = std::vector<WireField>;

constexpr int kDeepest = 64;  // of messages declared within messages

// Field numbers are those of descriptor.proto, which declares itself stable.
std::string_view text(const Fields& fields, std::uint32_t number) {
  for (const WireField& field : fields) {
    if (field.number == number && field.type == WireType::bytes) return field.bytes;
  }
  return {};
}
std::uint64_t value(const Fields& fields, std::uint32_t number) {
  for (const WireField& field : fields) {
    if (field.number == number && field.type == WireType::varint) return field.value;
  }
  return 0;
}
bool has(const Fields& fields, std::uint32_t number) {
  return std::any_of(fields.begin(), fields.end(), [&](const WireField& field) { return field.number == number; });
}

}  // namespace

class DescriptorReader {
 public:
  explicit DescriptorReader(ProtobufTypes& types) : types_(types) {}

  bool set(std::string_view bytes) {
    Fields fields;
    if (!read_message(bytes, fields)) return false;
    const bool read = each(fields, 1, [&](const Fields& file) { return this->file(file); });
    link();
    return read && !types_.messages_.empty();
  }

 private:
  struct Link {
    ProtoField* field;
    std::string type;
  };

  // Reads every message that stands in the field; false where one is none.
  template <class Read>
  static bool each(const Fields& fields, std::uint32_t number, Read read) {
    for (const WireField& field : fields) {
      if (field.number != number) continue;
      Fields inside;
      if (field.type != WireType::bytes || !read_message(field.bytes, inside) || !read(inside)) return false;
    }
    return true;
  }

  bool file(const Fields& file) {
    proto3_ = text(file, 12) == "proto3";
    const std::string scope(text(file, 2));
    return each(file, 4, [&](const Fields& message) { return this->message(message, scope, 0); }) &&
           each(file, 5, [&](const Fields& names) { return enumeration(names, scope); }) &&
           each(file, 6, [&](const Fields& service) { return this->service(service, scope); });
  }

  static std::string within(const std::string& scope, std::string_view name) {
    return scope.empty() ? std::string(name) : scope + "." + std::string(name);
  }

  bool message(const Fields& message, const std::string& scope, int depth) {
    if (depth > kDeepest) return false;
    const std::string name = within(scope, text(message, 1));
    ProtoMessage& out = types_.messages_[name];
    Fields options;
    if (read_message(text(message, 7), options)) out.is_map_entry = value(options, 7) != 0;
    return each(message, 2, [&](const Fields& field) { return this->field(field, out); }) &&
           each(message, 3, [&](const Fields& nested) { return this->message(nested, name, depth + 1); }) &&
           each(message, 4, [&](const Fields& names) { return enumeration(names, name); });
  }

  bool field(const Fields& field, ProtoMessage& message) {
    constexpr std::uint64_t kRepeated = 3;
    ProtoField& out = message.fields[static_cast<std::uint32_t>(value(field, 3))];
    out.name = text(field, 1);
    if (value(field, 5) > static_cast<std::uint64_t>(ProtoType::sint64)) return false;
    out.type = static_cast<ProtoType>(value(field, 5));
    out.repeated = value(field, 4) == kRepeated;
    const bool in_oneof = has(field, 9);
    const bool is_message = out.type == ProtoType::message || out.type == ProtoType::group;
    out.absent_is_default = proto3_ && !out.repeated && !in_oneof && !is_message;
    if (is_message || out.type == ProtoType::enumeration) links_.push_back({&out, std::string(text(field, 6))});
    return true;
  }

  bool enumeration(const Fields& declared, const std::string& scope) {
    ProtoEnum& out = types_.enums_[within(scope, text(declared, 1))];
    return each(declared, 2, [&](const Fields& name) {
      out.emplace(static_cast<std::int32_t>(value(name, 2)), text(name, 1));
      return true;
    });
  }

  bool service(const Fields& service, const std::string& scope) {
    const std::string name = within(scope, text(service, 1));
    return each(service, 2, [&](const Fields& method) {
      types_.answers_["/" + name + "/" + std::string(text(method, 1))] = absolute(text(method, 3));
      return true;
    });
  }

  // protoc writes full names, with a dot before.
  static std::string absolute(std::string_view type) { return std::string(type.substr(type.starts_with('.') ? 1 : 0)); }

  void link() {
    for (const Link& link : links_) {
      link.field->message = types_.message(absolute(link.type));
      const auto names = types_.enums_.find(absolute(link.type));
      if (names != types_.enums_.end()) link.field->names = &names->second;
    }
  }

  ProtobufTypes& types_;
  bool proto3_ = false;
  std::vector<Link> links_;
};

Result<std::shared_ptr<const ProtobufTypes>> ProtobufTypes::parse(std::string_view descriptor_set,
                                                                  std::string_view file_name) {
  auto out = std::make_shared<ProtobufTypes>();
  if (!DescriptorReader(*out).set(descriptor_set)) {
    return Problem{std::string(file_name) +
                   ": no descriptor set; make one with `protoc --include_imports --descriptor_set_out=FILE`"};
  }
  return std::shared_ptr<const ProtobufTypes>(std::move(out));
}

const ProtoMessage* ProtobufTypes::message(std::string_view name) const {
  const auto found = messages_.find(name);
  return found == messages_.end() ? nullptr : &found->second;
}

const ProtoMessage* ProtobufTypes::answer(std::string_view path) const {
  std::string room;
  const auto found = answers_.find(canonical_path(path_of_target(path), room));
  return found == answers_.end() ? nullptr : message(found->second);
}

}  // namespace truemirror
