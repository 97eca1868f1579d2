#include "capture/percent.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace truemirror {
namespace {

std::optional<unsigned> hex_byte(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out.push_back(text[at]);
      continue;
    }
    const auto byte = hex_byte(text.substr(at + 1, 2));
    if (!byte || at + 2 >= text.size()) return std::nullopt;
    out.push_back(static_cast<char>(*byte));
    at += 2;
  }
  return out;
}

}  // namespace

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

void append_percent(std::string& out, std::string_view text, std::string_view also_plain) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_plain(c) || also_plain.find(c) != also_plain.npos) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
}

std::string trailers_text(const Headers& trailers) {
  std::string out;
  for (const HeaderField& field : trailers) {
    if (!out.empty()) out.push_back('&');
    append_percent(out, field.name, "");
    out.push_back('=');
    append_percent(out, field.value, "/:,;");
  }
  return out;
}

bool parse_trailers(std::string_view text, Headers& out) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) return false;
    const auto name = percent_decoded(pair.substr(0, equals));
    const auto value = percent_decoded(pair.substr(equals + 1));
    if (!name || !value) return false;
    out.add(*name, *value);
  }
  return true;
}

}  // namespace truemirror
