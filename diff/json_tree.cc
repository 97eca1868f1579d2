#include "diff/json_tree.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "diff/decimal.h"

namespace truemirror {
namespace {

std::uint64_t mixed(std::uint64_t word, std::uint64_t seed) { return XXH3_64bits_withSeed(&word, sizeof word, seed); }

}  // namespace

std::vector<std::uint32_t> JsonTree::children(std::uint32_t value) const {
  std::vector<std::uint32_t> out;
  const JsonNode& parent = document_[value];
  out.reserve(parent.count);
  for (std::uint32_t child = value + 1; child < parent.end; child = document_[child].end) out.push_back(child);
  return out;
}

std::uint32_t JsonTree::member(std::uint32_t object, std::string_view name) const {
  const JsonNode& parent = document_[object];
  if (parent.type != JsonType::object) return 0;
  for (std::uint32_t child = object + 1; child < parent.end; child = document_[child].end) {
    if (key(child) == name) return child;
  }
  return 0;
}

std::uint32_t JsonTree::member(std::uint32_t object, std::string_view name, std::uint32_t from) const {
  for (std::uint32_t child = from; child < document_[object].end; child = document_[child].end) {
    if (key(child) == name) return child;
  }
  for (std::uint32_t child = object + 1; child < from; child = document_[child].end) {
    if (key(child) == name) return child;
  }
  return 0;
}

std::uint64_t JsonTree::own_hash(std::uint32_t value) const {
  const JsonNode& node = document_[value];
  auto type = static_cast<std::uint64_t>(node.type) + 1;
  if (!node.is_container()) {
    type |= static_cast<std::uint64_t>(node.flaws) << 8;  // a lone surrogate decodes to bytes that are no UTF-8
    if (node.type == JsonType::number) return mixed(decimal_hash(text(value)), type);
    return XXH3_64bits_withSeed(text(value).data(), text(value).size(), type);
  }
  std::uint64_t sum = node.count;
  for (std::uint32_t child = value + 1; child < node.end; child = document_[child].end) {
    if (node.type == JsonType::object) {
      sum += XXH3_64bits_withSeed(key(child).data(), key(child).size(), hashes_[child]);
    } else {
      sum = mixed(sum, hashes_[child]);
    }
  }
  return mixed(sum, type);
}

std::uint64_t JsonTree::hash(std::uint32_t value) {
  if (hashes_.empty()) hashes_.resize(document_.size(), 0);
  if (hashes_[value] != 0) return hashes_[value];
  // Children stand after their parents, so from the back every child is ready before its parent.
  for (std::uint32_t at = document_[value].end; at-- > value;) {
    if (hashes_[at] == 0) hashes_[at] = own_hash(at) | 1;
  }
  return hashes_[value];
}

}  // namespace truemirror
