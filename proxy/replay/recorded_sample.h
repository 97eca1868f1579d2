// Makes a sample of a recorded exchange, as the live path would have made it. Pure.
#pragma once

#include <string>

#include "capture/captured.h"
#include "diff/comparison.h"
#include "proxy/http/redactor.h"
#include "proxy/replay/options.h"
#include "proxy/sample/sample.h"

namespace truemirror {

// Fills head, method, target, body, connection and stable's recorded response. Request headers that hold redacted
// values, or what no message may hold, are left out and counted in `stats`.
void fill_sample(CapturedExchange&& exchange, Sample& sample, ReplayStats& stats);

// Makes recorded (redacted) and live answers comparable (design.md §13): the live ones are redacted too, and tokens
// lose their keyed part on all sides, so that a token equals any live value that its detector would redact to the same
// type.
void equalize_redaction(Comparison& comparison, const Redactor& redactor);

}  // namespace truemirror
