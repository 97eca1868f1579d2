// Counts what this program holds through operator new, which counting_new.cc replaces: for the memory test and the
// memory figures of bench/. One thread.
#pragma once

#include <cstddef>

namespace truemirror {

// The most that was held at once since the last call of begin_peak(), beyond what was held then, in bytes.
void begin_peak();
[[nodiscard]] std::size_t peak_bytes();
// What is held now.
[[nodiscard]] std::size_t held_bytes();

}  // namespace truemirror
