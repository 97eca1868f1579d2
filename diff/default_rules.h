// The header rules that hold without a rules file (design.md §7.8), by name, so that each can tell what it hid. The
// first eight are switched off by `defaults: false`; the last two are how those fields are compared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace truemirror {

struct DefaultRule {
  std::string_view header;  // lower-case
  std::string_view reason;
};

inline constexpr std::array<DefaultRule, 10> kDefaultRules{{
    {"date", "says when it was answered"},
    {"age", "says when it was answered"},
    {"server", "says who answered"},
    {"via", "says who answered"},
    {"connection", "is of the connection"},
    {"keep-alive", "is of the connection"},
    {"proxy-connection", "is of the connection"},
    {"transfer-encoding", "is of the connection"},
    {"content-length", "the bodies are compared"},
    {"set-cookie", "a cookie's value is never compared, its name and attributes are"},
}};
inline constexpr std::size_t kSwitchedDefaults = 8, kContentLengthRule = 8, kSetCookieRule = 9;

// A set of them: bit i is kDefaultRules[i].
using DefaultRules = std::uint16_t;

// In Divergence::rule, where what they hide is listed (CompareOptions::list_defaults).
constexpr std::int32_t rule_of_default(std::size_t at) { return -2 - static_cast<std::int32_t>(at); }
constexpr std::optional<std::size_t> default_of_rule(std::int32_t rule) {
  if (rule > -2) return std::nullopt;
  return static_cast<std::size_t>(-2 - rule);
}

}  // namespace truemirror
