// Which bytes may stand where in a message head (RFC 9110 §5.5, §5.6.2; RFC 9112 §3.2).
#pragma once

#include <cstddef>
#include <string_view>

namespace truemirror {

// Whether it is made of token bytes (a method, a field name), of what a field value may hold (HTAB, SP, VCHAR,
// obs-text), of what a request target may hold. A value may be empty, the other two not.
[[nodiscard]] bool is_token(std::string_view text);
[[nodiscard]] bool is_field_value(std::string_view text);
[[nodiscard]] bool is_target(std::string_view text);

// Without the spaces and tabs around it (OWS).
[[nodiscard]] std::string_view trim_blanks(std::string_view text);

// Where the token at the beginning ends, and the field value that begins at `at`; text.size() where neither does.
[[nodiscard]] std::size_t end_of_token(std::string_view text);
[[nodiscard]] std::size_t end_of_value(std::string_view text, std::size_t at);

}  // namespace truemirror
