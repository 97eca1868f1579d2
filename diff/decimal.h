// JSON numbers as the exact decimals they are written as: `1`, `1.0` and `1e0` are equal, `0.1` and
// `0.10000000000000001` are not. Nothing is allocated, whatever the exponent says.
#pragma once

#include <cstdint>
#include <string_view>

namespace truemirror {

// Both arguments match the number grammar of RFC 8259 §6. Exponents of more than 18 digits are equal only when written
// alike.
[[nodiscard]] bool decimal_equal(std::string_view a, std::string_view b) noexcept;
// Equal decimals have equal hashes.
[[nodiscard]] std::uint64_t decimal_hash(std::string_view text) noexcept;

}  // namespace truemirror
