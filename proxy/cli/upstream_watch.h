// How the upstreams are, looked at once a second by the program's main thread: stable for /readyz, the arms for the
// log. Where traffic says that stable answers nobody connects to it to see. A look that connects waits for a second at
// most.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "proxy/cli/arm_watch.h"
#include "proxy/cli/config.h"
#include "proxy/live/options.h"
#include "proxy/upstream/probe.h"

namespace truemirror {

// Whether stable has answered since the last look, and nothing but answered.
class StableTraffic {
 public:
  [[nodiscard]] bool answers(const LiveStats& now);

 private:
  std::uint64_t answers_ = 0, errors_ = 0;
};

class UpstreamWatch {
 public:
  explicit UpstreamWatch(const ServeConfig& config);

  // Logs what has changed.
  void look(const LiveStats& live, const ShadowStats& shadow);
  // Why stable cannot be reached; empty where it can. Any thread.
  [[nodiscard]] std::string stable_problem() const;

 private:
  struct WatchedArm {
    WatchedArm(const char* role, const UpstreamUrl& url, const UpstreamTls& tls);
    Probe probe;
    ArmWatch watch;
  };
  void look_at_stable(const LiveStats& live);
  static void look_at(WatchedArm& arm, const ArmStats& seen);

  std::string stable_;  // its URL
  Probe probe_;
  StableTraffic traffic_;
  WatchedArm candidate_;
  std::optional<WatchedArm> control_;
  mutable std::mutex mutex_;
  std::string problem_ = "stable has not been looked at yet";
};

}  // namespace truemirror
