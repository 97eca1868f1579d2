// The four forms of a request target (RFC 9112 §3.2): what of it is forwarded, and how it goes with Host.
#pragma once

#include "proxy/http/head_scanner.h"

namespace truemirror {

// Sets `path` (origin-form, `*`, or the authority of CONNECT), and `host` where the target names one.
// Errors: bad_target (no form, or not this method's), bad_host (the authority is malformed).
[[nodiscard]] HeadError split_target(RequestHead& head);

}  // namespace truemirror
