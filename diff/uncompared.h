// Not compared is a state, not equality (design.md §7.10): why an arm's answer says nothing about what it would have
// answered to the same question. Neither equal, nor a divergence, nor evidence; counted by reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proxy/http/exchange.h"

namespace truemirror {

enum class Uncompared : std::uint8_t {
  no,           // it was compared
  revalidation  // the request was conditional on validators of stable's, which the arm never issued
};
inline constexpr std::size_t kUncomparedReasons = 1;  // beside `no`
[[nodiscard]] std::string_view to_string(Uncompared reason);
// The reason at that place, from 0.
[[nodiscard]] constexpr Uncompared uncompared_reason(std::size_t at) { return static_cast<Uncompared>(at + 1); }

// `issued`: the arm is known to have issued a validator that its request carried, so it has to honour it. What it says
// itself counts as well: an answer with the very validator that was sent.
[[nodiscard]] Uncompared why_uncompared(const Request& request, const Response& stable, const Response& arm,
                                        bool issued);

}  // namespace truemirror
