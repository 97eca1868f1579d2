// A proxy for tests of its limits: one live thread, nothing mirrored.
#pragma once

#include <functional>
#include <optional>

#include "tests/scenarios/proxy.h"

namespace truemirror::testing {

[[nodiscard]] inline std::function<void(ProxySetup&)> with_limits(const std::function<void(LiveLimits&)>& change) {
  return [change](ProxySetup& setup) {
    setup.plan.fraction = 0;
    setup.live.threads = 1;
    change(setup.live.limits);
  };
}

// 0 where there was no response.
[[nodiscard]] inline int status_of(const std::optional<Response>& response) { return response ? response->status : 0; }

}  // namespace truemirror::testing
