// How a request's body was framed, beside its Content-Length, which is a field like others. Nothing that is compared:
// it goes from whoever takes a request to whoever sends or keeps a copy.
#pragma once

#include "proxy/http/headers.h"

namespace truemirror {

struct RequestFraming {
  bool chunked = false;  // in chunks, be it of an empty body; else by its length, where it has a body
  Headers trailers;      // of a chunked one
  // Stable answered in place of 100 Continue, and the client kept the body to itself: there is a head that announces
  // one.
  bool withheld = false;
};

}  // namespace truemirror
