// The whole proxy in this process, as serve_command puts it together, on free ports and a report folder of its own.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "proxy/live/server.h"
#include "proxy/shadow/pipeline.h"

namespace truemirror::testing {

// A folder that goes with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Every file below it, contents joined.
  [[nodiscard]] std::string all_bytes() const;

 private:
  std::filesystem::path path_;
};

struct ProxySetup {
  LiveOptions live;
  PipelineOptions pipeline;
  SamplingPlan plan;
};

class Proxy {
 public:
  // URLs; control may be empty. `change` may alter the setup before the start.
  Proxy(const std::string& stable, const std::string& candidate, const std::string& control = "",
        const std::function<void(ProxySetup&)>& change = {});
  ~Proxy();

  [[nodiscard]] std::uint16_t port() const { return live_->port(); }
  [[nodiscard]] Pipeline& pipeline() { return *pipeline_; }
  [[nodiscard]] LiveServer& live() { return *live_; }
  [[nodiscard]] LiveStats live_stats() const { return live_->stats(); }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  void mirror(bool enabled) { mirroring_ = enabled; }
  // Drains as SIGTERM does and gives the final report; throws where the accounting does not close.
  Report finish(std::chrono::milliseconds limit = std::chrono::seconds(5));

 private:
  TemporaryFolder folder_;
  std::atomic<bool> mirroring_{true};
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<LiveServer> live_;
};

// An upstream for the arms of tests that are not about them, and a setup that asks none.
inline constexpr const char* kNowhere = "http://127.0.0.1:1";
inline void no_mirroring(ProxySetup& setup) { setup.plan.fraction = 0; }

// Yields until `done` is true; false where that takes twenty seconds.
template <class Done>
bool eventually(Done done) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  return done();
}

// Σ dropped.
[[nodiscard]] std::uint64_t dropped(const Totals& totals);

}  // namespace truemirror::testing
