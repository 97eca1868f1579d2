// Charsets other than UTF-8 (diff/classify.h). UTF-16, UTF-32 and the two single-byte ones that the web still has; what
// WHATWG calls ISO 8859-1 is Windows-1252.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "diff/classify.h"
#include "proxy/http/headers.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

enum class Charset : std::uint8_t { utf8, utf16le, utf16be, utf32le, utf32be, windows1252 };

// U+0080 to U+009F of Windows-1252 (WHATWG encoding standard, index windows-1252).
constexpr std::array<std::uint16_t, 32> kWindows1252{0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                                     0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                                     0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                     0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

struct Mark {
  std::string_view bytes;
  Charset charset;
};
constexpr std::array<Mark, 5> kMarks{{{{"\xEF\xBB\xBF", 3}, Charset::utf8},
                                      {{"\xFF\xFE\0\0", 4}, Charset::utf32le},  // before its prefix below
                                      {{"\0\0\xFE\xFF", 4}, Charset::utf32be},
                                      {{"\xFF\xFE", 2}, Charset::utf16le},
                                      {{"\xFE\xFF", 2}, Charset::utf16be}}};

std::optional<Mark> mark_of(std::string_view text) {
  for (const Mark& mark : kMarks) {
    if (text.starts_with(mark.bytes)) return mark;
  }
  return std::nullopt;
}

Charset named(std::string_view charset) {
  if (iequals(charset, "utf-16le")) return Charset::utf16le;
  if (iequals(charset, "utf-16") || iequals(charset, "utf-16be")) return Charset::utf16be;
  if (iequals(charset, "utf-32le")) return Charset::utf32le;
  if (iequals(charset, "utf-32") || iequals(charset, "utf-32be")) return Charset::utf32be;
  for (const std::string_view name : {"iso-8859-1", "latin1", "windows-1252", "cp1252", "us-ascii"}) {
    if (iequals(charset, name)) return Charset::windows1252;
  }
  return Charset::utf8;
}

constexpr std::uint32_t kReplacement = 0xFFFD;

std::uint32_t unit_at(std::string_view text, std::size_t at, std::size_t width, bool big) {
  std::uint32_t unit = 0;
  for (std::size_t byte = 0; byte < width; ++byte) {
    const std::size_t from = big ? at + byte : at + width - 1 - byte;
    unit = unit << 8 | static_cast<unsigned char>(text[from]);
  }
  return unit;
}

std::string from_utf16(std::string_view text, bool big) {
  std::string out;
  std::size_t at = 0;
  for (; at + 2 <= text.size(); at += 2) {
    std::uint32_t unit = unit_at(text, at, 2, big);
    if (unit >= 0xD800 && unit < 0xDC00 && at + 4 <= text.size()) {
      const std::uint32_t low = unit_at(text, at + 2, 2, big);
      if (low >= 0xDC00 && low < 0xE000) {
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        at += 2;
      }
    }
    append_utf8(out, unit);
  }
  if (at != text.size()) append_utf8(out, kReplacement);
  return out;
}

std::string from_utf32(std::string_view text, bool big) {
  std::string out;
  std::size_t at = 0;
  for (; at + 4 <= text.size(); at += 4) {
    const std::uint32_t unit = unit_at(text, at, 4, big);
    append_utf8(out, unit > 0x10FFFF ? kReplacement : unit);
  }
  if (at != text.size()) append_utf8(out, kReplacement);
  return out;
}

std::string from_windows1252(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(out, byte >= 0x80 && byte < 0xA0 ? kWindows1252.at(byte - 0x80) : byte);
  }
  return out;
}

// Case-insensitive; npos where it is not.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
  for (std::size_t at = from; at + word.size() <= text.size(); ++at) {
    if (iequals(text.substr(at, word.size()), word)) return at;
  }
  return std::string_view::npos;
}

// What stands after `word`, a `=` and perhaps a quote, up to whatever ends it.
std::string_view value_after(std::string_view tag, std::string_view word) {
  const std::size_t at = find_word(tag, word, 0);
  if (at == std::string_view::npos) return {};
  tag.remove_prefix(at + word.size());
  const std::size_t equals = tag.find_first_not_of(" \t\r\n");
  if (equals == std::string_view::npos || tag[equals] != '=') return {};
  tag.remove_prefix(equals + 1);
  tag.remove_prefix(std::min(tag.find_first_not_of(" \t\r\n\"'"), tag.size()));
  return tag.substr(0, tag.find_first_of(" \t\r\n\"';>?"));
}

}  // namespace

// Text that can be read for its charset is neither UTF-16 nor UTF-32, whatever it says (WHATWG HTML §13.2.3.2, which
// also looks at so many bytes).
std::string_view declared_charset(Media media, std::string_view body) {
  constexpr std::size_t kLook = 1024;
  const std::string_view start = body.substr(0, kLook);
  std::string_view found;
  if (start.starts_with("<?xml")) {
    found = value_after(start.substr(0, start.find("?>")), "encoding");
  } else if (media == Media::html) {
    for (std::size_t at = 0; found.empty() && (at = find_word(start, "<meta", at)) != std::string_view::npos; ++at) {
      found = value_after(start.substr(at, start.find('>', at) - at), "charset");
    }
  }
  const Charset charset = named(found);
  return charset == Charset::utf8 || charset == Charset::windows1252 ? found : std::string_view();
}

bool needs_transcoding(std::string_view text, std::string_view charset) {
  return mark_of(text).has_value() || (!charset.empty() && named(charset) != Charset::utf8);
}

std::string to_utf8(std::string_view text, std::string_view charset) {
  Charset from = named(charset);
  if (const auto mark = mark_of(text)) {
    from = mark->charset;
    text.remove_prefix(mark->bytes.size());
  }
  switch (from) {
    case Charset::utf8:
      return std::string(text);
    case Charset::utf16le:
    case Charset::utf16be:
      return from_utf16(text, from == Charset::utf16be);
    case Charset::utf32le:
    case Charset::utf32be:
      return from_utf32(text, from == Charset::utf32be);
    case Charset::windows1252:
      return from_windows1252(text);
  }
  return std::string(text);
}

}  // namespace truemirror
