// Whether two values of two documents are equal, told by walking them side by side: most are, or differ early, and then
// no hash is needed.
#pragma once

#include <cstdint>

#include "diff/json_tree.h"

namespace truemirror {

// Strings by content, numbers by exact decimal value, objects whatever the order of their members, flaws by their kind.
// Linear in the smaller one. By hash where an object is large, or has a key twice, and its members stand in another
// order. Recursion is as deep as the documents were parsed.
[[nodiscard]] bool equal(JsonTree& a, std::uint32_t x, JsonTree& b, std::uint32_t y);

// Scalars alone, whatever their flaws.
[[nodiscard]] bool equal_scalars(const JsonTree& a, std::uint32_t x, const JsonTree& b, std::uint32_t y);

}  // namespace truemirror
