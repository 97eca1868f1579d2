#include "diff/value_class.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "diff/timestamp.h"

namespace truemirror {
namespace {

constexpr std::array<std::string_view, 20> kNames{"null",     "boolean", "number", "epoch", "empty",     "text", "uuid",
                                                  "ulid",     "jwt",     "hash",   "token", "timestamp", "date", "time",
                                                  "duration", "url",     "email",  "ip",    "object",    "array"};

// Longer text is prose or data whose shape says nothing more.
constexpr std::size_t kLongestToken = 4096;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_alpha(char c) { return is_upper(c) || is_lower(c); }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_base64url(char c) { return is_digit(c) || is_alpha(c) || c == '-' || c == '_'; }

template <class Predicate>
bool all(std::string_view text, Predicate predicate) {
  return !text.empty() && std::all_of(text.begin(), text.end(), predicate);
}

bool is_uuid(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    if (dash ? text[at] != '-' : !is_hex(text[at])) return false;
  }
  return true;
}

// 26 characters of Crockford's base 32 (no I, L, O, U), the first at most 7.
bool is_ulid(std::string_view text) {
  return text.size() == 26 && text.front() >= '0' && text.front() <= '7' &&
         all(text, [](char c) { return is_digit(c) || (is_upper(c) && c != 'I' && c != 'L' && c != 'O' && c != 'U'); });
}

// Three base64url parts, the first of which begins as `{"` does.
bool is_jwt(std::string_view text) {
  if (!text.starts_with("eyJ")) return false;
  const std::size_t first = text.find('.'), last = text.rfind('.');
  if (first == std::string_view::npos || first == last) return false;
  return all(text.substr(0, first), is_base64url) && all(text.substr(first + 1, last - first - 1), is_base64url);
}

bool is_hash(std::string_view text) {
  if (text.size() < 16 || !all(text, is_hex)) return false;
  return std::any_of(text.begin(), text.end(), is_digit) && std::any_of(text.begin(), text.end(), is_alpha);
}

bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return all(text, is_digit);
  return all(text.substr(0, point), is_digit) && all(text.substr(point + 1), is_digit);
}

bool is_ip4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    const std::size_t length = std::min(text.find('.'), text.size());
    const std::string_view digits = text.substr(0, length);
    if (digits.size() > 3 || !all(digits, is_digit) || (part < 3) != (length < text.size())) return false;
    int value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    if (value > 255) return false;
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return true;
}

// Good enough to tell an address from a clock time: hex groups of at most four, and either `::` or all eight of them.
bool is_ip6(std::string_view text) {
  if (text.size() > 39 || !all(text, [](char c) { return is_hex(c) || c == ':'; })) return false;
  std::size_t colons = 0, run = 0;
  for (const char c : text) {
    run = c == ':' ? 0 : run + 1;
    colons += c == ':';
    if (run > 4) return false;
  }
  return colons == 7 || (colons >= 2 && text.find("::") != std::string_view::npos);
}

bool is_url(std::string_view text) {
  const std::size_t colon = text.find("://");
  return colon != std::string_view::npos && colon > 0 && colon < 12 && text.size() > colon + 3 &&
         all(text.substr(0, colon), [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-'; }) &&
         text.find(' ') == std::string_view::npos;
}

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && text.size() <= 254 && text.rfind('@') == at &&
         text.find('.', at + 2) != std::string_view::npos && text.back() != '.' &&
         text.find(' ') == std::string_view::npos;
}

// `hh:mm`, `hh:mm:ss`, with a fraction.
bool is_clock(std::string_view text) {
  if (text.size() < 5 || text.size() > 18) return false;
  const std::string padded = "2000-01-01T" + std::string(text);
  return text[2] == ':' && text.find_first_not_of("0123456789:.") == std::string_view::npos && parse_iso_time(padded);
}

// ISO 8601: `P3D`, `PT1H30M`.
bool is_duration(std::string_view text) {
  return text.size() >= 3 && text.size() <= 40 && text.front() == 'P' && is_upper(text.back()) &&
         std::any_of(text.begin(), text.end(), is_digit) && all(text.substr(1), [](char c) {
           return is_digit(c) || c == '.' ||
                  (is_upper(c) && std::string_view("YMWDTHS").find(c) != std::string_view::npos);
         });
}

// Random-looking: one word that changes between digits, capitals and small letters more often than names do.
bool is_token(std::string_view text) {
  if (text.size() < 16) return false;
  std::size_t changes = 0, digits = 0;
  int before = 0;
  for (const char c : text) {
    const int kind = is_digit(c) ? 1 : is_upper(c) ? 2 : is_lower(c) ? 3 : 0;
    if (kind == 0 && std::string_view("-_+/=.~:").find(c) == std::string_view::npos) return false;
    if (kind == 0) continue;
    changes += before != 0 && kind != before;
    digits += kind == 1;
    before = kind;
  }
  return digits > 0 && changes * 5 >= text.size();
}

}  // namespace

std::string_view to_string(ValueClass value_class) { return kNames.at(static_cast<std::size_t>(value_class)); }

ValueClass class_of_number(std::string_view text) { return parse_epoch(text) ? ValueClass::epoch : ValueClass::number; }

ValueClass class_of_text(std::string_view text) {
  if (text.empty()) return ValueClass::empty;
  if (text.size() > kLongestToken) return ValueClass::text;
  if (is_number(text)) return class_of_number(text);
  if (is_uuid(text)) return ValueClass::uuid;
  if (is_ulid(text)) return ValueClass::ulid;
  if (is_jwt(text)) return ValueClass::jwt;
  if (is_hash(text)) return ValueClass::hash;
  if (parse_iso_date(text)) return ValueClass::date;
  if (parse_iso_time(text) || parse_http_date(text)) return ValueClass::timestamp;
  if (is_clock(text)) return ValueClass::time;
  if (is_ip4(text) || is_ip6(text)) return ValueClass::ip;
  if (is_url(text)) return ValueClass::url;
  if (is_email(text)) return ValueClass::email;
  if (is_duration(text)) return ValueClass::duration;
  return is_token(text) ? ValueClass::token : ValueClass::text;
}

}  // namespace truemirror
