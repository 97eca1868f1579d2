// One arm on one shadow thread: sends a sample's copy and reads the response to its end. Promise: never retried, always
// drained or closed, always an outcome before the deadline. Holds no client socket and no reference to one.
#pragma once

#include <memory>
#include <vector>

#include "proxy/http/exchange.h"
#include "proxy/sample/mark.h"
#include "proxy/sample/sample.h"
#include "proxy/shadow/arm_state.h"
#include "proxy/shadow/options.h"
#include "proxy/upstream/pool.h"

namespace truemirror {

struct ArmOutcome {
  Response response;     // `error` set where the arm failed: that is a result, too
  bool stale = false;    // a kept connection was reset before any byte: no statement about the arm
  bool no_room = false;  // our own byte budget ended the copy: no statement either
  Holding held;          // for the response's bytes
};

class ArmClient {
 public:
  ArmClient(EventLoop& loop, Arm arm, const ArmOptions& options, const ShadowOptions& shadow, const MarkKey& marks,
            ArmState& state, ByteBudget& bytes);

  // `sample` lives until the task has ended.
  Task<ArmOutcome> ask(const Sample& sample);
  [[nodiscard]] ArmState& state() { return state_; }
  // Closes what is idle, and what is under way: pending requests end at once.
  void abort();

 private:
  // Sets out.response; returns whether the connection may be kept.
  Task<bool> exchange(const Sample& sample, Connection& connection, ArmOutcome& out);

  Arm arm_;
  const ShadowOptions& options_;
  std::string mark_;
  ArmState& state_;
  ByteBudget& bytes_;
  Pool pool_;
  std::vector<Connection*> active_;
  std::unique_ptr<char[]> block_;  // what one read brings: it is taken in before the next
  bool aborted_ = false;
};

}  // namespace truemirror
