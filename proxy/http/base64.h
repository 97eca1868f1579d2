// Bytes as text: base64 (RFC 4648 §4). Pure; linear; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace truemirror {

[[nodiscard]] std::string base64(std::string_view bytes);
// None where the text is no base64; white space is skipped, padding may be left out.
[[nodiscard]] std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace truemirror
