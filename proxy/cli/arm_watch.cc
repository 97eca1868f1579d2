#include "proxy/cli/arm_watch.h"

#include <algorithm>

namespace truemirror {

std::string ArmWatch::look(const ArmStats& seen, Time now) {
  const std::uint64_t answers = seen.attempts - std::min(seen.attempts, seen.errors);
  const bool answered = answers != answers_;
  answers_ = answers;
  const bool in_doubt = !looked_at_ || !problem_.empty() || seen.breaker_open;
  if (!answered && (!in_doubt || (looked_at_ && now - *looked_at_ < kAgainAfter))) return {};
  std::string found;
  if (!answered) found = connect_();
  looked_at_ = now;
  const bool was_reachable = problem_.empty();
  problem_ = std::move(found);
  if (was_reachable == problem_.empty()) return {};
  if (problem_.empty()) return name_ + " can be reached";
  return name_ + " cannot be reached: " + problem_ + "; what is mirrored to it counts as its error";
}

}  // namespace truemirror
