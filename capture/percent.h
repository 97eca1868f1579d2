// Text with %XX as it stands in fields of WARC records: URIs, trailers. Sans-I/O.
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/headers.h"

namespace truemirror {

// Letters, digits, `.`, `_` and `-`.
[[nodiscard]] bool is_plain(char c);
// All but plain characters, and those of `also_plain`, become %XX.
void append_percent(std::string& out, std::string_view text, std::string_view also_plain);

// Trailers as one field, `name=value&name=value` with %XX: a WARC field may not be repeated.
[[nodiscard]] std::string trailers_text(const Headers& trailers);
// Adds those of such a text. False where it is none.
[[nodiscard]] bool parse_trailers(std::string_view text, Headers& out);

}  // namespace truemirror
