// Header fields and trailers as what they mean: several fields of one name are one list (RFC 9110 §5.3), lists compare
// as lists or sets, their parameters as parameters (diff/header_value.h), Set-Cookie by cookie name and attributes
// (diff/cookies.h). What the default rules leave out is told to the sink. Equal lists cost one quick scan and no
// allocation.
#pragma once

#include "diff/sink.h"
#include "proxy/http/headers.h"

namespace truemirror {

struct HeaderScope {
  bool defaults = true;         // leave out what every response may differ in: Date, Age, Server, Via, Connection, …
  bool bodies_compared = true;  // Content-Length says nothing that the bodies do not
  bool status_differs = false;  // leave out what describes the content or belongs to the status
};

void diff_headers(const Headers& stable, const Headers& arm, const HeaderScope& scope, DivergenceSink& sink);
void diff_trailers(const Headers& stable, const Headers& arm, DivergenceSink& sink);

}  // namespace truemirror
