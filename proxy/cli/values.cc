#include "proxy/cli/values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace truemirror {
namespace {

Problem wrong(std::string_view text, std::string_view why) {
  return {"'" + std::string(text.substr(0, 80)) + "' " + std::string(why)};
}

// The number that text begins with, and what follows it. No sign, no exponent, no `inf`.
struct Leading {
  double value = 0;
  std::string_view rest;
};
std::optional<Leading> leading_number(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  Leading out;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), out.value, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  out.rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return out;
}

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array<Unit, 4> kTimeUnits{{{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}}};
constexpr std::array<Unit, 8> kSizeUnits{{{"", 1},
                                          {"B", 1},
                                          {"kB", 1e3},
                                          {"MB", 1e6},
                                          {"GB", 1e9},
                                          {"KiB", 1024},
                                          {"MiB", 1024.0 * 1024},
                                          {"GiB", 1024.0 * 1024 * 1024}}};

template <std::size_t N>
std::optional<double> with_unit(std::string_view text, const std::array<Unit, N>& units) {
  const auto number = leading_number(text);
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name == number->rest) return number->value * unit.factor;
  }
  return std::nullopt;
}

std::string shortest(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

}  // namespace

Result<double> parse_fraction(std::string_view text) {
  constexpr std::string_view kRight = "is no share; write 10% or 0.1, from 0 to 100%";
  const auto number = leading_number(text);
  if (!number || (!number->rest.empty() && number->rest != "%")) return wrong(text, kRight);
  const double fraction = number->rest.empty() ? number->value : number->value / 100;
  if (fraction > 1 && number->rest.empty()) {
    return wrong(text, "is more than everything; write " + std::string(text) + "% or a fraction up to 1");
  }
  return fraction <= 1 ? Result<double>(fraction) : wrong(text, kRight);
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto value = with_unit(text, kTimeUnits);
  if (!value) return wrong(text, "is no duration; write 250ms, 30s, 10m or 1h");
  if (*value < 1 || *value > 86400e3) return wrong(text, "is out of range; a duration is from 1ms to 24h");
  return std::chrono::milliseconds(std::llround(*value));
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const auto value = with_unit(text, kSizeUnits);
  if (!value) return wrong(text, "is no size; write 65536, 64KiB, 64MiB or 1GiB");
  if (*value < 1 || *value > 0x1p40) return wrong(text, "is out of range; a size is from 1 byte to 1024GiB");
  return static_cast<std::uint64_t>(std::llround(*value));
}

Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    return wrong(text, "is no whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

Result<std::optional<double>> parse_speed(std::string_view text) {
  if (text == "max") return std::optional<double>();
  const auto number = leading_number(text);
  if (!number || number->rest != "x" || number->value < 0.001 || number->value > 10'000) {
    return wrong(text, "is no speed; write 1x, 4x, 0.5x or max");
  }
  return std::optional(number->value);
}

Result<double> parse_rate(std::string_view text) {
  const auto number = leading_number(text);
  if (!number || (!number->rest.empty() && number->rest != "/s") || number->value <= 0 || number->value > 1e6) {
    return wrong(text, "is no rate; write 200/s, up to 1000000/s");
  }
  return number->value;
}

std::string format_duration(std::chrono::milliseconds value) {
  const std::int64_t ms = value.count();
  if (ms > 0 && ms % 3'600'000 == 0) return std::to_string(ms / 3'600'000) + "h";
  if (ms > 0 && ms % 60'000 == 0) return std::to_string(ms / 60'000) + "m";
  if (ms % 1000 == 0) return std::to_string(ms / 1000) + "s";
  return std::to_string(ms) + "ms";
}

std::string format_size(std::uint64_t bytes) {
  if (bytes > 0 && bytes % (1u << 30) == 0) return std::to_string(bytes >> 30) + "GiB";
  if (bytes > 0 && bytes % (1u << 20) == 0) return std::to_string(bytes >> 20) + "MiB";
  if (bytes > 0 && bytes % (1u << 10) == 0) return std::to_string(bytes >> 10) + "KiB";
  return std::to_string(bytes);
}

std::string format_fraction(double fraction) {
  // Rounded to 12 digits: 0.07 · 100 is 7.000000000000001.
  return shortest(std::round(fraction * 1e14) / 1e12) + "%";
}

}  // namespace truemirror
