// UTF-8 walked by hand, since input is any bytes and nothing may depend on the locale.
#include "diff/report/shown_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace truemirror {
namespace {

struct PointRange {
  char32_t first, last;
};

// Invisible or reordering: bidi controls (UAX #9), zero-width ones, separators, interlinear marks, tags.
// U+200C, U+200D and U+FE0F stay: Persian, Indic scripts and emoji are written with them.
constexpr std::array<PointRange, 11> kSpelledOut{{{0x00AD, 0x00AD},
                                                  {0x061C, 0x061C},
                                                  {0x180E, 0x180E},
                                                  {0x200B, 0x200B},
                                                  {0x200E, 0x200F},
                                                  {0x2028, 0x202E},
                                                  {0x2060, 0x206F},
                                                  {0xFEFF, 0xFEFF},
                                                  {0xFFF9, 0xFFFC},
                                                  {0xE0000, 0xE0FFF},
                                                  {0xF0000, 0x10FFFF}}};

constexpr std::array<PointRange, 14> kZeroWidth{{{0x0300, 0x036F},
                                                 {0x0483, 0x0489},
                                                 {0x0591, 0x05BD},
                                                 {0x0610, 0x061A},
                                                 {0x064B, 0x065F},
                                                 {0x06D6, 0x06DC},
                                                 {0x0900, 0x0902},
                                                 {0x093A, 0x093A},
                                                 {0x0E34, 0x0E3A},
                                                 {0x1AB0, 0x1AFF},
                                                 {0x1DC0, 0x1DFF},
                                                 {0x200C, 0x200D},
                                                 {0x20D0, 0x20FF},
                                                 {0xFE00, 0xFE0F}}};

// East Asian Wide and Fullwidth (UAX #11) and the emoji blocks.
constexpr std::array<PointRange, 16> kWide{{{0x1100, 0x115F},
                                            {0x231A, 0x231B},
                                            {0x23E9, 0x23EC},
                                            {0x25FD, 0x25FE},
                                            {0x2614, 0x2615},
                                            {0x26AA, 0x26AB},
                                            {0x2705, 0x2705},
                                            {0x274C, 0x274C},
                                            {0x2E80, 0x303E},
                                            {0x3041, 0xA4CF},
                                            {0xAC00, 0xD7A3},
                                            {0xF900, 0xFAFF},
                                            {0xFE30, 0xFE6F},
                                            {0xFF00, 0xFF60},
                                            {0x1F300, 0x1FAFF},
                                            {0x20000, 0x3FFFD}}};

template <std::size_t N>
bool within(const std::array<PointRange, N>& ranges, char32_t point) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [point](const PointRange& range) { return point >= range.first && point <= range.last; });
}

std::string spelled(std::string_view bytes, const Utf8Point& at) {
  std::array<char, 16> text{};
  if (!at.valid || at.point < 0x80) {
    std::snprintf(text.data(), text.size(), "\\x%02x", static_cast<unsigned char>(bytes.front()));
  } else {
    std::snprintf(text.data(), text.size(), "\\u{%x}", static_cast<unsigned>(at.point));
  }
  return text.data();
}

bool needs_spelling(const Utf8Point& at) {
  return !at.valid || at.point < 0x20 || (at.point >= 0x7F && at.point < 0xA0) || within(kSpelledOut, at.point);
}

std::string spell_out(std::string_view bytes, bool keep_lines) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Point point = utf8_point_at(bytes, at);
    const std::string_view raw = bytes.substr(at, point.size);
    at += point.size;
    if (!needs_spelling(point) || (keep_lines && (raw == "\n" || raw == "\t"))) {
      out += raw;
    } else if (raw == "\n") {
      out += "\\n";
    } else if (raw == "\r") {
      out += "\\r";
    } else if (raw == "\t") {
      out += "\\t";
    } else {
      out += spelled(raw, point);
    }
  }
  return out;
}

std::size_t columns_of(const Utf8Point& at) {
  if (!at.valid) return 1;
  if (within(kZeroWidth, at.point)) return 0;
  return within(kWide, at.point) ? 2 : 1;
}

}  // namespace

Utf8Point utf8_point_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + size > text.size()) return {lead, 1, false};
  char32_t point = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {lead, 1, false};
    point = point << 6U | (byte(i) & 0x3FU);
  }
  const bool overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
  if (overlong || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {lead, 1, false};
  return {point, size, true};
}

std::string_view utf8_whole(std::string_view text) {
  const std::size_t look = std::min<std::size_t>(text.size(), 3);
  for (std::size_t back = 1; back <= look; ++back) {
    const auto byte = static_cast<std::uint8_t>(text[text.size() - back]);
    if ((byte & 0xC0U) == 0x80) continue;
    const std::size_t size = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return size > back ? text.substr(0, text.size() - back) : text;
  }
  return text;
}

std::string shown_text(std::string_view bytes) { return spell_out(bytes, false); }
std::string shown_block(std::string_view bytes) { return spell_out(bytes, true); }

std::size_t shown_columns(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Point point = utf8_point_at(text, at);
    columns += columns_of(point);
    at += point.size;
  }
  return columns;
}

std::string cut_to_columns(std::string_view text, std::size_t columns) {
  std::size_t used = 0;
  std::size_t fits = 0;  // bytes that leave one column for the mark
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Point point = utf8_point_at(text, at);
    used += columns_of(point);
    if (used > columns) return columns == 0 ? "" : std::string(text.substr(0, fits)) + "…";
    at += point.size;
    if (used + 1 <= columns) fits = at;
  }
  return std::string(text);
}

std::string pad_to_columns(std::string_view text, std::size_t columns) {
  const std::size_t used = shown_columns(text);
  return std::string(text) + std::string(used < columns ? columns - used : 0, ' ');
}

std::string align_right(std::string_view text, std::size_t columns) {
  const std::size_t used = shown_columns(text);
  return std::string(used < columns ? columns - used : 0, ' ') + std::string(text);
}

}  // namespace truemirror
