// A sample with what its arms answered, on its way to a comparer; and a sample that never got there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/sample/sample.h"

namespace truemirror {

struct Completed {
  std::unique_ptr<Sample> sample;
  Response candidate;
  std::optional<Response> control;
  bool candidate_issued = false, control_issued = false;  // ArmOutcome::issued
  Holding candidate_held, control_held;
};

// The end of the arms' threads: comparing.
class CompletedSink {
 public:
  virtual ~CompletedSink() = default;
  // Takes as many as the queue has room for out of `completed`; what is left there was refused. Never waits.
  virtual void offer(std::vector<std::unique_ptr<Completed>>& completed) = 0;
  // A sample was shed on that arm's account before an attempt (design.md invariant 2). Never waits.
  virtual void shed(Arm account, std::string_view method, std::string_view target, WallTime at) = 0;
};

}  // namespace truemirror
