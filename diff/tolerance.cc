#include "diff/tolerance.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace truemirror {
namespace {

constexpr std::int64_t kMostDigits = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// ± digits × 10^low. Digits from the first on, without leading zeros: zero has none.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t low = 0;
};

void strip(Decimal& number) {
  number.digits.erase(0, std::min(number.digits.find_first_not_of('0'), number.digits.size()));
}

// Takes digits off the front, appended to the number's.
std::size_t take_digits(std::string_view& text, Decimal& into) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  into.digits += text.substr(0, count);
  text.remove_prefix(count);
  return count;
}

std::optional<Decimal> read(std::string_view text) {
  Decimal out;
  out.negative = text.starts_with('-');
  if (out.negative) text.remove_prefix(1);
  std::size_t places = 0;
  take_digits(text, out);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    places = take_digits(text, out);
  }
  if (out.digits.empty() || out.digits.size() > kMostDigits) return std::nullopt;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(text.size() > 2 && text[1] == '+' && is_digit(text[2]) ? 2 : 1);
    std::int32_t exponent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    out.low = exponent;
  }
  if (!text.empty()) return std::nullopt;
  out.low -= static_cast<std::int64_t>(places);
  strip(out);
  return out;
}

// Writes both with the same last place. False where that takes too many digits.
bool align(Decimal& a, Decimal& b) {
  if (a.digits.empty()) a.low = b.low;
  if (b.digits.empty()) b.low = a.low;
  Decimal& higher = a.low > b.low ? a : b;
  const std::int64_t more = std::max(a.low, b.low) - std::min(a.low, b.low);
  if (more + static_cast<std::int64_t>(higher.digits.size()) > 2 * kMostDigits) return false;
  if (!higher.digits.empty()) higher.digits.append(static_cast<std::size_t>(more), '0');
  higher.low -= more;
  return true;
}

// Of aligned magnitudes.
bool less(const Decimal& a, const Decimal& b) {
  return a.digits.size() != b.digits.size() ? a.digits.size() < b.digits.size() : a.digits < b.digits;
}

// |a − b|, or where their signs differ |a| + |b|, of aligned numbers.
Decimal apart(const Decimal& a, const Decimal& b) {
  const bool swapped = less(a, b), adds = a.negative != b.negative;
  Decimal out = swapped ? b : a;
  const std::string& other = (swapped ? a : b).digits;
  int carry = 0;
  for (std::size_t place = 0; place < out.digits.size(); ++place) {
    char& digit = out.digits[out.digits.size() - 1 - place];
    const int with = (place < other.size() ? other[other.size() - 1 - place] - '0' : 0) + carry;
    const int sum = adds ? digit - '0' + with : digit - '0' - with;
    carry = adds ? sum / 10 : sum < 0 ? 1 : 0;
    digit = static_cast<char>('0' + (sum + 10) % 10);
  }
  if (adds && carry != 0) out.digits.insert(out.digits.begin(), '1');
  strip(out);
  return out;
}

Decimal product(const Decimal& a, const Decimal& b) {
  Decimal out{false, std::string(a.digits.size() + b.digits.size(), '0'), a.low + b.low};
  for (std::size_t i = a.digits.size(); i-- > 0;) {
    int carry = 0;
    for (std::size_t j = b.digits.size(); j-- > 0;) {
      char& digit = out.digits[i + j + 1];
      const int sum = digit - '0' + (a.digits[i] - '0') * (b.digits[j] - '0') + carry;
      digit = static_cast<char>('0' + sum % 10);
      carry = sum / 10;
    }
    out.digits[i] = static_cast<char>(out.digits[i] + carry);
  }
  strip(out);
  return out;
}

bool at_most(Decimal value, Decimal limit) { return align(value, limit) && !less(limit, value); }

}  // namespace

bool within_tolerance(std::string_view a, std::string_view b, std::string_view abs, std::string_view rel) {
  auto x = read(a), y = read(b);
  if (!x || !y || !align(*x, *y)) return false;
  const Decimal difference = apart(*x, *y);
  if (const auto limit = read(abs); limit && at_most(difference, *limit)) return true;
  const auto share = read(rel);
  return share && at_most(difference, product(*share, less(*x, *y) ? *y : *x));
}

}  // namespace truemirror
