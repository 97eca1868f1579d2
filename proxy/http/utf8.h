// UTF-8 as RFC 3629 has it (no surrogates, no overlong forms, nothing above U+10FFFF), and JSON strings for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace truemirror {

// Length of the sequence that `text` begins with, 1 to 4; 0 where it begins with none.
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text) noexcept;
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
// What is no UTF-8 becomes U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);
// Encodes any value up to U+10FFFF, surrogates too (a lone one has to be kept somehow to be compared).
void append_utf8(std::string& out, std::uint32_t code_point);

// `text` as a JSON string that every parser accepts: bytes that are no UTF-8 become the visible characters `\xNN`.
[[nodiscard]] std::string json_quoted(std::string_view text);

}  // namespace truemirror
