// `truemirror replay`: sends a capture's requests to a build and compares what it answers, with what was recorded or
// with a live stable.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include "capture/redact.h"
#include "diff/report/render.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/logging.h"
#include "proxy/cli/run_setup.h"
#include "proxy/cli/version.h"
#include "proxy/replay/recorded_sample.h"
#include "proxy/replay/replayer.h"
#include "proxy/shadow/pipeline.h"

namespace truemirror {
namespace {

constexpr std::chrono::seconds kDrain{15};
constexpr std::chrono::milliseconds kFastBurst{100};  // evidence blocks of --speed max (design.md §8)

PipelineOptions pipeline_options(const ReplayArguments& arguments, const std::shared_ptr<const Redactor>& redactor) {
  PipelineOptions options;
  options.run = {.id = new_run_id(),
                 .started = std::chrono::system_clock::now(),
                 .ended = std::nullopt,
                 .source = "replay",
                 .version = version(),
                 .stable = arguments.stable ? arguments.stable->text : "recorded",
                 .candidate = arguments.candidate.text,
                 .control = arguments.control ? arguments.control->text : ""};
  ShadowOptions shadow;
  shadow.candidate.pool.url = arguments.candidate;
  if (arguments.control) shadow.control = ArmOptions{.pool = {.url = *arguments.control, .tls = nullptr}};
  shadow.run = options.run.id;
  shadow.max_in_flight = std::max<std::size_t>(shadow.max_in_flight, arguments.connections);
  shadow.latency_from_arrival = arguments.speed.has_value();
  options.shadow = std::move(shadow);
  options.aggregate = {.policy = arguments.policy,
                       .control = arguments.control ? ControlMode::instance : ControlMode::none,
                       .redactor = redactor,
                       .rules = arguments.rules,
                       .routes = {}};
  if (!arguments.speed) options.aggregate.policy.burst = kFastBurst;
  options.comparer.compare.rules = arguments.rules;
  if (!arguments.stable)
    options.comparer.prepare = [redactor](Comparison& comparison) { equalize_redaction(comparison, *redactor); };
  options.report_dir = arguments.report;
  options.comparisons = arguments.comparisons.value_or("");
  options.marks = MarkKey::random();
  return options;
}

// SIGINT or SIGTERM ends the sending early; what was sent is still reported.
class StopOnSignal {
 public:
  StopOnSignal() : thread_([this] { wait(); }) {}
  ~StopOnSignal() {
    over_ = true;
    thread_.join();
  }
  [[nodiscard]] const std::atomic<bool>& asked() const { return asked_; }

 private:
  void wait() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
    const timespec tick{0, 100'000'000};
    while (!over_) {
      if (sigtimedwait(&signals, nullptr, &tick) > 0) asked_ = true;
    }
  }
  std::atomic<bool> over_{false}, asked_{false};
  std::thread thread_;
};

void say_fidelity(const ReplayStats& stats, bool open_loop) {
  const ReplayFidelity& fidelity = stats.fidelity;
  const auto millis = [](Nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); };
  if (open_loop) {
    spdlog::info(
        "sent {} requests at {:.1f} a second, {:.1f} intended; late by p50 {:.2f} ms, p99 {:.2f} ms, at most {:.2f} ms",
        fidelity.sent, fidelity.achieved_rate, fidelity.intended_rate, millis(fidelity.lateness_p50),
        millis(fidelity.lateness_p99), millis(fidelity.lateness_max));
  } else {
    spdlog::info("sent {} requests in closed loop, {:.1f} a second", fidelity.sent, fidelity.achieved_rate);
  }
  if (stats.redacted_headers > 0)
    spdlog::warn("{} redacted request headers were left out; let a route set them where the build needs them",
                 stats.redacted_headers);
  if (stats.redacted_requests > 0)
    spdlog::warn("{} requests hold redacted values in target or body and were sent like that", stats.redacted_requests);
  if (stats.without_response > 0)
    spdlog::warn("{} exchanges have no recorded response and were not replayed; give --stable URL to ask for one",
                 stats.without_response);
  for (const std::string& problem : stats.read.problems) spdlog::warn("capture: {}", problem);
}

}  // namespace

int replay_command(const ReplayArguments& arguments) {
  setup_logging(LogConfig{});
  prepare_process();
  auto redactor = make_redactor({});
  if (!redactor) return spdlog::error("{}", redactor.error().text), kUsage;
  auto pipeline = Pipeline::open(pipeline_options(arguments, *redactor));
  if (!pipeline) return spdlog::error("{}", pipeline.error().text), kUsage;
  (*pipeline)->start();
  Replayer replayer({.captures = arguments.captures,
                     .stable = arguments.stable,
                     .speed = arguments.speed,
                     .rate = arguments.rate,
                     .connections = arguments.connections},
                    (*pipeline)->lane(), (*pipeline)->marks());
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const StopOnSignal stop;
  const Result<ReplayStats> stats = replayer.run(
      [terminal](std::uint64_t sent) {
        if (terminal) std::fprintf(stderr, "\r%llu requests sent", static_cast<unsigned long long>(sent));
      },
      stop.asked());
  if (terminal) std::fputs("\r\x1b[K", stderr);
  const Result<Report> last = (*pipeline)->finish(kDrain);
  if (!stats) return spdlog::error("{}", stats.error().text), kUsage;
  say_fidelity(*stats, arguments.speed.has_value());
  if (!last) return spdlog::critical("{}", last.error().text), kRuntime;
  say_totals(*last);
  std::fputs(render_text(*last, {.color = isatty(STDOUT_FILENO) != 0}).c_str(), stdout);
  return kDone;
}

}  // namespace truemirror
