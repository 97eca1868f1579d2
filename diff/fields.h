// Bodies that are lists of named things: HTML forms and multipart messages.
#pragma once

#include <cstddef>
#include <string_view>

#include "diff/body.h"
#include "diff/location.h"
#include "diff/sink.h"

namespace truemirror {

// application/x-www-form-urlencoded, by field; a name that occurs more than once has its values in order.
void diff_form(std::string_view stable, std::string_view arm, Location& at, DivergenceSink& sink);

// Part by part, by the name of the part (RFC 7578) or its number from 1; the boundaries need not be equal. A part
// compares as a body of its own would, by its Content-Type or by a look. False, with nothing added: a side is no
// multipart message.
[[nodiscard]] bool diff_multipart(std::string_view stable, std::string_view stable_boundary, std::string_view arm,
                                  std::string_view arm_boundary, const BodyLimits& limits, Location& at,
                                  DivergenceSink& sink, std::size_t& budget);

}  // namespace truemirror
