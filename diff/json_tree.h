// A parsed document with a hash for every subtree, made when first asked for. Equal values have equal hashes: numbers
// by their decimal value, objects whatever the order of their members.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "diff/json.h"

namespace truemirror {

class JsonTree {
 public:
  explicit JsonTree(const JsonDocument& document) : document_(document) {}

  [[nodiscard]] const JsonNode& operator[](std::uint32_t value) const { return document_[value]; }
  [[nodiscard]] std::string_view text(std::uint32_t value) const { return document_.text(document_[value]); }
  [[nodiscard]] std::string_view key(std::uint32_t value) const { return document_.key(document_[value]); }
  [[nodiscard]] std::string json(std::uint32_t value) const { return document_.json(value); }
  [[nodiscard]] std::vector<std::uint32_t> children(std::uint32_t value) const;
  // The member of an object with that key, the first of several; 0 (the root is no member) where there is none.
  [[nodiscard]] std::uint32_t member(std::uint32_t object, std::string_view key) const;
  // The same, beginning the search at `from`, which is a member, or the end: then it begins at the front.
  [[nodiscard]] std::uint32_t member(std::uint32_t object, std::string_view key, std::uint32_t from) const;

  // Never 0. The first call for a subtree is linear in its size, later ones are a look-up.
  [[nodiscard]] std::uint64_t hash(std::uint32_t value);

 private:
  [[nodiscard]] std::uint64_t own_hash(std::uint32_t value) const;

  const JsonDocument& document_;
  std::vector<std::uint64_t> hashes_;
};

}  // namespace truemirror
