// Counts what this program takes and holds through operator new, which counting_new.cc replaces: for the memory tests
// and the memory figures of bench/. The peak is of one thread's doing, the others may be asked by any.
#pragma once

#include <cstddef>

namespace truemirror {

// The most that was held at once since the last call of begin_peak(), beyond what was held then, in bytes.
void begin_peak();
[[nodiscard]] std::size_t peak_bytes();
// What is held now.
[[nodiscard]] std::size_t held_bytes();
// How often something was taken.
[[nodiscard]] std::size_t allocations();

}  // namespace truemirror
