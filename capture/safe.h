// An exchange made safe to store: every part of it passes the redactor, and what that does to the framing is noted.
// Any thread; pure.
#pragma once

#include "capture/captured.h"
#include "capture/warc.h"
#include "proxy/http/redactor.h"

namespace truemirror {

// Redacts in place. Content-Length is corrected and Content-Encoding removed where redaction changed the body; a body
// that cannot be made safe is emptied, its length kept.
[[nodiscard]] ExchangeNotes make_safe(CapturedExchange& exchange, const Redactor& redactor);

}  // namespace truemirror
