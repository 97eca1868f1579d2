#include "proxy/cli/upstream_watch.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace truemirror {
namespace {

constexpr std::chrono::milliseconds kPatience{1'000};

}  // namespace

bool StableTraffic::answers(const LiveStats& now) {
  const bool answered = std::exchange(answers_, now.stable_answers) != now.stable_answers;
  const bool failed = std::exchange(errors_, now.stable_errors) != now.stable_errors;
  return answered && !failed;
}

UpstreamWatch::WatchedArm::WatchedArm(const char* role, const UpstreamUrl& url, const UpstreamTls& tls)
    : probe(url, tls.loaded, kPatience), watch(std::string(role) + " " + url.text, [this] { return probe.look(); }) {}

UpstreamWatch::UpstreamWatch(const ServeConfig& config)
    : stable_(config.stable.text),
      probe_(config.stable, config.stable_tls.loaded, kPatience),
      candidate_("candidate", config.candidate, config.candidate_tls) {
  if (config.control) control_.emplace("control", *config.control, config.control_tls);
}

std::string UpstreamWatch::stable_problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void UpstreamWatch::look(const LiveStats& live, const ShadowStats& shadow) {
  look_at_stable(live);
  look_at(candidate_, shadow.candidate);
  if (control_) look_at(*control_, shadow.control);
}

void UpstreamWatch::look_at_stable(const LiveStats& live) {
  std::string problem;
  if (!traffic_.answers(live)) problem = probe_.look();
  const std::lock_guard lock(mutex_);
  if (problem == problem_) return;
  if (problem.empty()) {
    spdlog::info("ready: stable {} is reachable", stable_);
  } else {
    spdlog::error("not ready: stable: {}; clients get 503 until it is back", problem);
  }
  problem_ = std::move(problem);
}

void UpstreamWatch::look_at(WatchedArm& arm, const ArmStats& seen) {
  const std::string news = arm.watch.look(seen, std::chrono::steady_clock::now());
  if (!news.empty()) spdlog::log(arm.watch.reachable() ? spdlog::level::info : spdlog::level::warn, "{}", news);
}

}  // namespace truemirror
