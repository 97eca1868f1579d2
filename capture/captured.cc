#include "capture/captured.h"

namespace truemirror {

std::size_t CapturedExchange::footprint() const {
  std::size_t total = sizeof(CapturedExchange) + run.capacity() + request.method.capacity() +
                      request.target.capacity() + request.headers.footprint() + request.body.bytes.capacity() +
                      framing.trailers.footprint();
  for (const Arm which : kCapturedArms) {
    const std::optional<Response>& response = arm(which);
    if (!response) continue;
    total += response->reason.capacity() + response->headers.footprint() + response->body.bytes.capacity() +
             response->trailers.footprint() + response->error_detail.capacity();
  }
  return total;
}

}  // namespace truemirror
