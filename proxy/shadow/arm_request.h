// The bytes of a shadow request: the sample's head with the arm's mark, a fresh span id in traceparent and the route's
// header edits, framed by length. Sans-I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/sample/sample.h"
#include "proxy/shadow/options.h"

namespace truemirror {

// The route for a target; null where none matches.
[[nodiscard]] const ArmRoute* route_of(const std::vector<ArmRoute>& routes, std::string_view target);

// The whole head, blank line included. `span`: 16 hex digits for traceparent.
[[nodiscard]] std::string arm_request_head(const Sample& sample, const HeaderEdits& edits, std::string_view mark,
                                           std::string_view span);

// 16 hex digits, not all zero (W3C Trace Context §3.2.2.4).
[[nodiscard]] std::string random_span_id();

}  // namespace truemirror
