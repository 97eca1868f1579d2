// Values as people write them, in flags and in the configuration file alike: `10%`, `30s`, `64MiB`. Each problem says
// what would be right; who calls puts the flag or the place in front. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/http/problem.h"

namespace truemirror {

// `10%` or `0.1`: a fraction in [0, 1].
[[nodiscard]] Result<double> parse_fraction(std::string_view text);
// `250ms`, `30s`, `10m` or `1h`: above zero, up to a day.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);
// `65536`, `64KiB`, `64MiB`, `1GiB` (powers of 1024) or `64kB`, `64MB`, `1GB` (of 1000): bytes, from 1 to 1 TiB.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
// A whole number in [least, most].
[[nodiscard]] Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t least, std::uint64_t most);
// `1x`, `4x`, `0.5x`, or `max`: none.
[[nodiscard]] Result<std::optional<double>> parse_speed(std::string_view text);
// `200/s` or `200`: above zero, up to a million.
[[nodiscard]] Result<double> parse_rate(std::string_view text);

// The shortest text that parses to the same value: `30s`, `64MiB`, `10%`.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds value);
[[nodiscard]] std::string format_size(std::uint64_t bytes);
[[nodiscard]] std::string format_fraction(double fraction);

}  // namespace truemirror
