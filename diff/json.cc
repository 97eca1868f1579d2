#include "diff/json.h"

#include <array>

#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

constexpr std::array<std::string_view, 6> kTypes{"null", "boolean", "number", "string", "array", "object"};

}  // namespace

std::string_view to_string(JsonType type) { return kTypes.at(static_cast<std::size_t>(type)); }

void JsonDocument::keep(std::size_t values) {
  source_ = {};
  size_ = 0;
  if (nodes_.size() > values) std::vector<JsonNode>().swap(nodes_);
  if (decoded_.capacity() > values) std::string().swap(decoded_);
}

std::string JsonDocument::json(std::uint32_t value) const {
  std::string out;
  write(value, out);
  return out;
}

// Recursion is bounded by max_depth: what lies deeper was not kept.
void JsonDocument::write(std::uint32_t value, std::string& out) const {
  const JsonNode& node = nodes_[value];
  if (node.type == JsonType::string || (node.flaws & kTooDeep) != 0) {
    out += json_quoted(text(node));
  } else if ((node.flaws & kFlawedInside) == 0) {
    out += text(node);
  } else {
    const bool object = node.type == JsonType::object;
    out += object ? '{' : '[';
    for (std::uint32_t child = value + 1; child != node.end; child = nodes_[child].end) {
      if (child != value + 1) out += ',';
      if (object) out += json_quoted(key(nodes_[child])) + ':';
      write(child, out);
    }
    out += object ? '}' : ']';
  }
}

}  // namespace truemirror
