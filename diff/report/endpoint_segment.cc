// Types of path segments: what tells `/orders/7` from `/orders/search` without having seen either. A type is only named
// where a word that people write into a path could hardly be of it: `decade` and `defaced` stay, `4f3e2a1b` does not.

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "diff/report/endpoint.h"

namespace truemirror {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool hex(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool crockford(char c) {  // base 32 without I, L, O and U
  return digit(c) || ((upper(c) || lower(c)) && std::string_view("iloIOLuU").find(c) == std::string_view::npos);
}

template <class Predicate>
bool all(std::string_view text, Predicate predicate) {
  return !text.empty() && std::all_of(text.begin(), text.end(), predicate);
}
template <class Predicate>
std::size_t how_many(std::string_view text, Predicate predicate) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), predicate));
}

bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return all(text, digit);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !hex(text[i])) return false;
  }
  return true;
}

bool is_ulid(std::string_view text) {  // 128 bits, so the first of 26 characters is at most 7
  if (text.size() != 26 || text.front() < '0' || text.front() > '7' || !all(text, crockford)) return false;
  return how_many(text, upper) == 0 || how_many(text, lower) == 0;
}

// 2024-01-31, and what ISO 8601 lets follow after a T.
bool is_date(std::string_view text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return false;
  const std::string_view year = text.substr(0, 4), month = text.substr(5, 2), day = text.substr(8, 2);
  if (!all(year, digit) || !all(month, digit) || !all(day, digit)) return false;
  if (month < "01" || month > "12" || day < "01" || day > "31") return false;
  if (text.size() == 10) return true;
  const auto clock = [](char c) { return digit(c) || std::string_view(":.+-Z%A").find(c) != std::string_view::npos; };
  return text[10] == 'T' && text.size() <= 40 && all(text.substr(11), clock);
}

bool is_hex(std::string_view text) { return text.size() >= 8 && all(text, hex) && how_many(text, digit) > 0; }

// Random base64 or base62, a JWT, or what redaction left: mixed case with digits, or many digits. Slugs have neither.
bool is_token(std::string_view text) {
  if (text.find("[redacted:") != std::string_view::npos || text.find("%5Bredacted") != std::string_view::npos)
    return true;
  const auto allowed = [](char c) {
    return digit(c) || upper(c) || lower(c) || std::string_view("-_.~=+%:").find(c) != std::string_view::npos;
  };
  if (text.size() < 16 || !all(text, allowed)) return false;
  const std::size_t digits = how_many(text, digit), uppers = how_many(text, upper), lowers = how_many(text, lower);
  if (digits > 0 && uppers > 0 && lowers > 0) return true;
  return text.size() >= 20 && digits * 4 >= text.size() && uppers + lowers > 0;
}

}  // namespace

std::string_view segment_type(std::string_view segment) {
  if (is_number(segment)) return "{id}";
  if (is_uuid(segment)) return "{uuid}";
  if (is_ulid(segment)) return "{ulid}";
  if (is_date(segment)) return "{date}";
  if (is_hex(segment)) return "{hex}";
  if (is_token(segment)) return "{token}";
  return {};
}

}  // namespace truemirror
