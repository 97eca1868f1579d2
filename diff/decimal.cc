#include "diff/decimal.h"

#include <algorithm>
#include <cstddef>

namespace truemirror {
namespace {

constexpr std::size_t kExponentDigits = 18;  // what int64 holds with room for the place of the point

// value = ± 0.d1d2d3… × 10^exponent, where d1 and the last digit are not zero; zero has no digits at all.
struct Decimal {
  bool negative = false;
  bool exact = true;        // false: the exponent is out of range
  std::string_view digits;  // may hold one point, which does not count
  std::int64_t exponent = 0;
};

// Reads `[+-]digits`; false where it is out of range.
bool read_exponent(std::string_view text, std::int64_t& out) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  if (text.size() > kExponentDigits) return false;
  for (const char c : text) out = out * 10 + (c - '0');
  if (negative) out = -out;
  return true;
}

// In one pass: every unequal number of a comparison comes by here, and most are short.
Decimal normalized(std::string_view text) {
  constexpr std::size_t kNone = std::string_view::npos;
  Decimal out;
  out.negative = text.starts_with('-');
  if (out.negative) text.remove_prefix(1);
  std::size_t first = kNone, last = kNone, point = kNone, at = 0;
  for (; at < text.size() && (text[at] | 0x20) != 'e'; ++at) {
    if (text[at] == '.') {
      point = at;
    } else if (text[at] != '0') {
      if (first == kNone) first = at;
      last = at;
    }
  }
  if (first == kNone) return {};  // zero has no sign and no exponent
  if (point == kNone) point = at;
  out.digits = text.substr(first, last - first + 1);
  out.exact = at == text.size() || read_exponent(text.substr(at + 1), out.exponent);
  // Places between the point and the first digit, the point itself not counted.
  out.exponent += static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) + (first > point ? 1 : 0);
  return out;
}

// The digits one by one, without the point; 0 at the end.
class Digits {
 public:
  explicit Digits(std::string_view text) : rest_(text) {}
  char next() {
    if (rest_.starts_with('.')) rest_.remove_prefix(1);
    if (rest_.empty()) return 0;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

 private:
  std::string_view rest_;
};

}  // namespace

bool decimal_equal(std::string_view a, std::string_view b) noexcept {
  if (a == b) return true;
  const Decimal x = normalized(a), y = normalized(b);
  if (!x.exact || !y.exact || x.negative != y.negative || x.exponent != y.exponent) return false;
  Digits left(x.digits), right(y.digits);
  for (;;) {
    const char c = left.next();
    if (c != right.next()) return false;
    if (c == 0) return true;
  }
}

std::uint64_t decimal_hash(std::string_view text) noexcept {
  constexpr std::uint64_t kPrime = 0x100000001b3;  // FNV-1a
  const Decimal value = normalized(text);
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&](std::uint64_t word) { hash = (hash ^ word) * kPrime; };
  if (!value.exact) {
    for (const char c : text) mix(static_cast<unsigned char>(c));
    return hash;
  }
  mix(value.negative ? 1 : 0);
  mix(static_cast<std::uint64_t>(value.exponent));
  Digits digits(value.digits);
  for (char c = digits.next(); c != 0; c = digits.next()) mix(static_cast<unsigned char>(c));
  return hash ^ (hash >> 29);
}

}  // namespace truemirror
