// Bytes of traffic as text that is safe to show: on a terminal, in markup, in JSON. What could steer a reader's
// terminal or reorder a line (control characters, escapes, bidi controls, invisible ones) is spelled out. Pure
// functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace truemirror {

// One code point of UTF-8 text, or one byte that is none (`valid` false, `size` 1).
struct Utf8Point {
  char32_t point = 0;
  std::size_t size = 0;
  bool valid = false;
};
[[nodiscard]] Utf8Point utf8_point_at(std::string_view text, std::size_t at);
// Without the code point that a cut left unfinished at the end.
[[nodiscard]] std::string_view utf8_whole(std::string_view text);

// On one line and harmless: `\n`, `\x1b`, `\u{202e}`; a byte that is no UTF-8 as `\xff`. Letters of any script stay.
[[nodiscard]] std::string shown_text(std::string_view bytes);
// The same with line breaks and tabs left in place, for bodies shown in a block.
[[nodiscard]] std::string shown_block(std::string_view bytes);

// Columns on a terminal: 2 for wide letters and emoji, 0 for combining marks. For text that shown_text() returned.
[[nodiscard]] std::size_t shown_columns(std::string_view text);
// Cut to that many columns, the last of which is `…` where something went.
[[nodiscard]] std::string cut_to_columns(std::string_view text, std::size_t columns);
[[nodiscard]] std::string pad_to_columns(std::string_view text, std::size_t columns);  // left-aligned, never cut
[[nodiscard]] std::string align_right(std::string_view text, std::size_t columns);

}  // namespace truemirror
