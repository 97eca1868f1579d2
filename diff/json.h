// A JSON text as a flat list of values in the order of the text, made for comparing: number text is kept, strings are
// views of the source (decoded only where they hold escapes), and a subtree is one contiguous range.
// Strict about the grammar (RFC 8259), tolerant of what can be told apart value by value: a string that is no UTF-8, a
// lone surrogate and too deep nesting are flaws of that one value, so the rest of the document still compares. That is
// why no library parses here: RapidJSON gives up the document at a lone surrogate, simdjson at any bad byte.
// Parsing is iterative and bounded: memory is at most 28 bytes a value, 4 million values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace truemirror {

enum class JsonType : std::uint8_t { null, boolean, number, string, array, object };
[[nodiscard]] std::string_view to_string(JsonType type);

// Flaws of one value, as bits.
enum JsonFlaw : std::uint8_t {
  kInvalidUtf8 = 1,
  kLoneSurrogate = 2,
  kTooDeep = 4,      // a container whose inside was checked but not kept
  kFlawedInside = 8  // some value or key below has a flaw
};

struct JsonNode {
  std::uint32_t key_at = 0, key_size = 0;  // of an object's member
  std::uint32_t at = 0, size = 0;          // a string's contents, a container's or scalar's text
  std::uint32_t end = 0;                   // the value after this subtree
  std::uint32_t count = 0;                 // of direct children
  JsonType type = JsonType::null;
  std::uint8_t flaws = 0;
  bool key_decoded = false, decoded = false;  // the text lies in the document's own block, not in the source

  // Whether its children are at hand: it is an array or object, and not too deep.
  [[nodiscard]] bool is_container() const { return type >= JsonType::array && (flaws & kTooDeep) == 0; }
};

class JsonDocument {
 public:
  struct Limits {
    std::size_t max_depth = 512;
    std::size_t max_values = 4u << 20;
  };

  // Parses all of `text`, which must outlive the document. False: not JSON (or over max_values, or over 4 GiB); then
  // error_at() says where. Value 0 is the root.
  [[nodiscard]] bool parse(std::string_view text, const Limits& limits);
  [[nodiscard]] std::size_t error_at() const { return error_at_; }
  // Forgets the document, and frees its memory where that has room for more than so many values. (What is kept saves
  // the next document asking for it.)
  void keep(std::size_t values);

  [[nodiscard]] const JsonNode& operator[](std::uint32_t value) const { return nodes_[value]; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] std::string_view key(const JsonNode& node) const {
    return (node.key_decoded ? std::string_view(decoded_) : source_).substr(node.key_at, node.key_size);
  }
  // A string's contents, a number's or literal's text, a container from bracket to bracket.
  [[nodiscard]] std::string_view text(const JsonNode& node) const {
    return (node.decoded ? std::string_view(decoded_) : source_).substr(node.at, node.size);
  }
  // The value as JSON that any parser accepts: what is flawed is shown by visible characters.
  [[nodiscard]] std::string json(std::uint32_t value) const;

 private:
  void write(std::uint32_t value, std::string& out) const;

  std::string_view source_;
  std::string decoded_;
  std::vector<JsonNode> nodes_;  // size_ of them are the document's, the others room for the next one
  std::uint32_t size_ = 0;
  std::size_t error_at_ = 0;
};

}  // namespace truemirror
