// What the routes change in the copies of a request. A target that may mean several paths (http/path_readings.h) gets
// what any of them asks for: every header edit, the shortest timeout. One a thread.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "proxy/http/path_readings.h"
#include "proxy/shadow/options.h"

namespace truemirror {

class ArmRoutes {
 public:
  // `routes` outlives it. `timeout` is that of requests no route says otherwise about.
  ArmRoutes(const std::vector<ArmRoute>& routes, std::chrono::milliseconds timeout)
      : routes_(routes), timeout_(timeout) {}

  // The route that decides, an empty one where none does, or several as one: what one removes another does not set; of
  // two values for a field the one of the earlier route stands. Lives until the next call.
  [[nodiscard]] const ArmRoute& of(std::string_view target);

 private:
  const std::vector<ArmRoute>& routes_;
  std::chrono::milliseconds timeout_;
  PathReadings readings_;
  std::vector<const ArmRoute*> deciding_;  // in the order of the configuration
  ArmRoute none_, several_;
};

}  // namespace truemirror
