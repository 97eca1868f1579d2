// A client that waits for 100 Continue before it sends its body (RFC 9110 §10.1.1). Stable is the one to say so; one
// that says nothing for a while may be waiting for the body itself (HTTP/1.0 knows no 100), so that the relay says it
// then. Only looks at the clock and interrupts the wait for stable's head: all that goes to the client is written
// there.
#pragma once

#include <chrono>

#include "proxy/upstream/deadline.h"
#include "proxy/upstream/stream.h"

namespace truemirror {

class ContinueWait {
 public:
  ContinueWait(DeadlineClock& clock, Stream& stable, std::chrono::milliseconds limit)
      : stable_(stable), watch_(clock, interrupt, this) {
    watch_.arm(limit);
  }

  // Stable has had its time.
  [[nodiscard]] bool is_over() const { return watch_.expired(); }

 private:
  static void interrupt(void* self) { static_cast<ContinueWait*>(self)->stable_.cancel_read(); }

  Stream& stable_;
  DeadlineClock::Watch watch_;
};

}  // namespace truemirror
