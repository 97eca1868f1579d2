#include "proxy/http/octets.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace truemirror {
namespace {

enum : std::uint8_t { kToken = 1, kValue = 2, kTarget = 4 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    std::uint8_t bits = 0;
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const auto one_of = [c](const char* set) {
      for (; *set != '\0'; ++set) {
        if (static_cast<unsigned char>(*set) == c) return true;
      }
      return false;
    };
    if (alnum || one_of("!#$%&'*+-.^_`|~")) bits |= kToken;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) bits |= kValue;
    if (c > 0x20 && c < 0x7f && c != '#') bits |= kTarget;
    table[c] = bits;
  }
  return table;
}
constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

// Whether none of eight bytes is a control: each below 0x20, or 0x7f (Warren, Hacker's Delight, §6-1).
bool has_no_control(const char* eight) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u, kTops = 0x8080808080808080u;
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, eight, sizeof bytes);
  const std::uint64_t deletes = bytes ^ (kOnes * 0x7f);
  return ((((bytes - kOnes * 0x20) & ~bytes) | ((deletes - kOnes) & ~deletes)) & kTops) == 0;
}

}  // namespace

std::size_t end_of_value(std::string_view text, std::size_t at) {
  for (;;) {
    while (at + 8 <= text.size() && has_no_control(text.data() + at)) at += 8;
    const std::size_t stop = std::min(at + 8, text.size());
    while (at < stop && (kClasses[static_cast<unsigned char>(text[at])] & kValue) != 0) ++at;
    if (at < stop || at == text.size()) return at;
  }
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::size_t end_of_token(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && (kClasses[static_cast<unsigned char>(text[at])] & kToken) != 0) ++at;
  return at;
}

bool is_token(std::string_view text) { return !text.empty() && end_of_token(text) == text.size(); }
bool is_field_value(std::string_view text) { return end_of_value(text, 0) == text.size(); }
bool is_target(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return (kClasses[static_cast<unsigned char>(c)] & kTarget) != 0; });
}

}  // namespace truemirror
