// One recorded exchange with the answers of every upstream that gave one: what the writer is given and the reader gives
// back. A value: it belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/http/exchange.h"
#include "proxy/http/request_framing.h"

namespace truemirror {

struct CapturedExchange {
  std::string run;             // id of the run that recorded it; empty: that of the capture
  std::uint64_t sequence = 0;  // of the exchange within its run, from 1
  WallTime at{};               // arrival of the request
  ConnectionOrdinal connection;
  Request request;
  RequestFraming framing;  // of the request
  bool https = false;      // the scheme that the client asked by; else it is http
  std::optional<Response> stable, candidate, control;

  [[nodiscard]] const std::optional<Response>& arm(Arm which) const {
    return which == Arm::stable ? stable : which == Arm::candidate ? candidate : control;
  }
  [[nodiscard]] std::optional<Response>& arm(Arm which) {
    return which == Arm::stable ? stable : which == Arm::candidate ? candidate : control;
  }
  [[nodiscard]] std::string_view scheme() const { return https ? "https" : "http"; }
  // Memory held, in bytes, for budgets.
  [[nodiscard]] std::size_t footprint() const;
};

inline constexpr Arm kCapturedArms[] = {Arm::stable, Arm::candidate, Arm::control};

}  // namespace truemirror
