// The bytes of a shadow request: the sample's head with the arm's mark, a fresh span id in traceparent and the route's
// header edits, framed by length. Sans-I/O.
#pragma once

#include <string>
#include <string_view>

#include "proxy/sample/sample.h"
#include "proxy/shadow/options.h"

namespace truemirror {

// Makes `out` the whole head, blank line included; a traceparent gets a random parent id (W3C Trace Context §3.2.2.4).
void write_arm_request_head(const Sample& sample, const HeaderEdits& edits, std::string_view mark, std::string& out);

}  // namespace truemirror
