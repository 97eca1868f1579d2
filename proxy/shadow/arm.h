// One arm on one shadow thread: sends a sample's copy and reads the response to its end. Promise: asked again in one
// case alone (invariant 7), always drained or closed, an outcome before the deadline of each attempt. Holds no client
// socket and no reference to one.
#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <vector>

#include "proxy/http/exchange.h"
#include "proxy/sample/mark.h"
#include "proxy/sample/sample.h"
#include "proxy/shadow/arm_routes.h"
#include "proxy/shadow/arm_state.h"
#include "proxy/shadow/drain_pace.h"
#include "proxy/shadow/options.h"
#include "proxy/upstream/pool.h"

namespace truemirror {

struct ArmOutcome {
  bool stale = false;    // a kept connection was reset before any byte, and the request may not be sent twice
  bool issued = false;   // it was sent a validator that it has issued, if it was sent any
  bool no_room = false;  // our own byte budget ended the copy: no statement either
};

class ArmClient {
 public:
  ArmClient(EventLoop& loop, Arm arm, const ArmOptions& options, const ShadowOptions& shadow, const MarkKey& marks,
            ArmState& state, ByteBudget& bytes);
  ~ArmClient();

  // Fills in the response (`error` set where the arm failed: that is a result, too) and what is held for its bytes.
  // All three live until the task has ended.
  Task<ArmOutcome> ask(const Sample& sample, Response& response, Holding& held);
  [[nodiscard]] ArmState& state() { return state_; }
  // Closes what is idle, and what is under way: pending requests end at once.
  void abort();

 private:
  using Active = boost::intrusive::list_base_hook<>;
  struct Exchange;
  struct Workspace;

  // Over a connection that has been dialed, or not; what comes of it is in `exchange`.
  Task<> attempt(Exchange& exchange, Dialed dialed);
  // Returns whether the connection may be kept.
  Task<bool> exchange(Exchange& exchange);
  std::unique_ptr<Workspace> borrow(std::string_view method);
  void give_back(std::unique_ptr<Workspace> workspace);

  Arm arm_;
  const ShadowOptions& options_;
  ArmRoutes routes_;
  std::string mark_;
  ArmState& state_;
  ByteBudget& bytes_;
  Pool pool_;
  DrainPace pace_;
  boost::intrusive::list<Exchange, boost::intrusive::base_hook<Active>> active_;  // those with a connection
  std::vector<std::unique_ptr<Workspace>> workspaces_;
  std::unique_ptr<char[]> block_;  // what one read brings: it is taken in before the next
  bool aborted_ = false;
};

}  // namespace truemirror
