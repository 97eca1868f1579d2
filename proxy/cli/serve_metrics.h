// The numbers of a running service, gathered for the metrics page.
#pragma once

#include <string>

#include "proxy/cli/config.h"
#include "proxy/live/options.h"
#include "proxy/shadow/pipeline.h"

namespace truemirror {

struct ServeNumbers {
  std::string version;
  bool mirroring = true, ready = true;
  LiveStats live;
  const Pipeline& pipeline;
  const BudgetConfig& budgets;
  std::size_t capture_queue_bytes = 0;
};

[[nodiscard]] std::string serve_metrics(const ServeNumbers& numbers);

}  // namespace truemirror
