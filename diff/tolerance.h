// Whether two numbers lie within a tolerance of one another, decided on the decimals as they are written: 1.00 and 1.01
// differ by 0.01 and not, as binary fractions do, by a little more.
#pragma once

#include <string_view>

namespace truemirror {

// That |a − b| ≤ abs, or ≤ rel · max(|a|, |b|). Each is `[-]digits[.digits][e±digits]`; what is no number is never
// within, nor is what needs over 1,000 digits to be written out. `abs` and `rel` are not negative; empty: not given.
[[nodiscard]] bool within_tolerance(std::string_view a, std::string_view b, std::string_view abs, std::string_view rel);

}  // namespace truemirror
