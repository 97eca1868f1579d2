#include "proxy/live/tls_handshakes.h"

#include <spdlog/spdlog.h>

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

void Handshakes::complain(std::string_view client, std::string_view what) {
  const auto now = Clock::now();
  ++complaints_;
  if (now - complained_at_ < std::chrono::seconds(1)) return;
  spdlog::warn("TLS handshake with client {}: {} ({} failures since the last such line)", client, what, complaints_);
  complained_at_ = now;
  complaints_ = 0;
}

}  // namespace truemirror
