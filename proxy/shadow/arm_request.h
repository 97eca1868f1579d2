// The bytes of a shadow request: the sample's head with the arm's mark, a fresh span id in traceparent and the route's
// header edits, the body framed as stable got it. Sans-I/O.
#pragma once

#include <string>
#include <string_view>

#include "proxy/sample/sample.h"
#include "proxy/shadow/options.h"

namespace truemirror {

// Makes `out` all that stands before the sample's body: the head, blank line included, and of a chunked body that is
// not empty the line that opens its one chunk. A traceparent gets a random parent id (W3C Trace Context §3.2.2.4).
void write_arm_request_head(const Sample& sample, const HeaderEdits& edits, std::string_view mark, std::string& out);
// Makes `out` what stands behind the body: of a chunked one its end, with the trailers.
void write_arm_request_end(const Sample& sample, const HeaderEdits& edits, std::string& out);

}  // namespace truemirror
