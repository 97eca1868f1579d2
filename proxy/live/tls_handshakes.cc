#include "proxy/live/tls_handshakes.h"

namespace truemirror {

void Handshakes::make_room() {
  const auto now = Clock::now();
  for (UnderWay& oldest : under_way_) {
    if (oldest.crowded_out) continue;
    if (now - oldest.since < kStandstill) return;
    oldest.crowded_out = true;
    oldest.give_up();
    return;
  }
}

}  // namespace truemirror
