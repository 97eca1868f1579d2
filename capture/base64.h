// Bytes as text for JSON: base64 (RFC 4648 §4) and checked UTF-8. Pure; linear; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace truemirror {

[[nodiscard]] std::string base64(std::string_view bytes);
// None where the text is no base64; white space is skipped, padding may be left out.
[[nodiscard]] std::optional<std::string> base64_decoded(std::string_view text);

// Bytes of the UTF-8 character that starts here (RFC 3629); 0 where none does.
[[nodiscard]] std::size_t utf8_character(std::string_view text);
[[nodiscard]] bool is_utf8(std::string_view text);
// What is no UTF-8 becomes U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);

}  // namespace truemirror
