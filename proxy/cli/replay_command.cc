// `truemirror replay`: sends a capture's requests to a build and compares what it answers, with what was recorded or
// with a live stable.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>

#include "capture/redact.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/logging.h"
#include "proxy/cli/run_setup.h"
#include "proxy/cli/same_address.h"
#include "proxy/cli/stop_on_signal.h"
#include "proxy/cli/version.h"
#include "proxy/replay/recorded_policy.h"
#include "proxy/replay/recorded_sample.h"
#include "proxy/replay/replayer.h"
#include "proxy/shadow/pipeline.h"
#include "proxy/upstream/probe.h"

namespace truemirror {
namespace {

constexpr std::chrono::seconds kDrain{15};
constexpr std::chrono::milliseconds kProbe{1'000};

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
                       .routes = arguments.templates.routes,
                       .templates = arguments.templates.source};
  options.comparer.compare.rules = arguments.rules;
  if (!arguments.stable) {
    options.comparer.prepare = [policy = std::make_shared<RecordedPolicy>(redactor)](Comparison& comparison) {
      equalize_redaction(comparison, *policy->redactor_for(comparison.stable));
    };
  }
  options.report_dir = arguments.report;
  options.comparisons = arguments.comparisons.value_or("");
  options.marks = MarkKey::random();
  return options;
}

// Before requests are sent that nobody will answer.
void say_who_cannot_be_reached(const ReplayArguments& arguments) {
  const auto look = [](const char* role, const UpstreamUrl& url) {
    const std::string problem = Probe(url, nullptr, kProbe).look();
    if (!problem.empty()) spdlog::warn("{} {} cannot be reached: {}", role, url.text, problem);
  };
  if (arguments.stable) look("stable", *arguments.stable);
  look("candidate", arguments.candidate);
  if (arguments.control) look("control", *arguments.control);
}

void say_fidelity(const ReplayStats& stats, bool open_loop) {
  const ReplayFidelity& fidelity = stats.fidelity;
  const auto millis = [](Nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); };
  if (open_loop) {
    spdlog::info(
        "requests sent: {}, {:.1f} a second ({:.1f} intended); late by p50 {:.2f} ms, p99 {:.2f} ms, at most {:.2f} ms",
        fidelity.sent, fidelity.achieved_rate, fidelity.intended_rate, millis(fidelity.lateness_p50),
        millis(fidelity.lateness_p99), millis(fidelity.lateness_max));
  } else {
    spdlog::info("requests sent: {}, {:.1f} a second in closed loop", fidelity.sent, fidelity.achieved_rate);
  }
  if (open_loop && stats.waited > 0)
    spdlog::info("of these, {} waited for the answer to an earlier request of their connection", stats.waited);
  std::string left_out;
  for (const auto& [name, count] : stats.redacted_headers)
    left_out += fmt::format("{}{} ({})", left_out.empty() ? "" : ", ", name, count);
  if (!left_out.empty())
    spdlog::warn("request headers left out, because the capture holds them redacted: {}", left_out);
  if (stats.redacted_requests > 0)
    spdlog::warn("requests sent with redacted values in target or body: {}", stats.redacted_requests);
  if (stats.without_response > 0)
    spdlog::warn("exchanges not replayed, for want of a recorded response: {}; give --stable URL to ask for one",
                 stats.without_response);
  for (const std::string& problem : stats.read.problems) spdlog::warn("capture: {}", problem);
}

}  // namespace

int replay_command(const ReplayArguments& arguments) {
  setup_logging(LogConfig{});
  prepare_process();
  auto redactor = make_redactor({});
  if (!redactor) return spdlog::error("{}", redactor.error().text), kUsage;
  if (const auto apart = check_addresses(arguments); !apart) return spdlog::error("{}", apart.error().text), kUsage;
  // Captures first: a run that cannot begin moves no earlier report aside and leaves no empty one.
  auto replayer = Replayer::open({.captures = arguments.captures,
                                  .stable = arguments.stable,
                                  .speed = arguments.speed,
                                  .rate = arguments.rate,
                                  .connections = arguments.connections});
  if (!replayer) return spdlog::error("{}", replayer.error().text), kUsage;
  auto pipeline = Pipeline::open(pipeline_options(arguments, *redactor));
  if (!pipeline) return spdlog::error("{}", pipeline.error().text), kUsage;
  say_who_cannot_be_reached(arguments);
  (*pipeline)->start();
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const StopOnSignal stop("stopping: no more requests are sent; what is under way ends within the arms' deadline");
  const Result<ReplayStats> stats =
      (*replayer)->run((*pipeline)->lane(), (*pipeline)->marks(),
                       [terminal](std::uint64_t taken) {
                         if (terminal)
                           std::fprintf(stderr, "\r%llu requests sent", static_cast<unsigned long long>(taken));
                       },
                       stop.asked());
  if (terminal) std::fputs("\r\x1b[K", stderr);
  const Result<Report> last = (*pipeline)->finish(kDrain);
  if (!stats) return spdlog::error("{}", stats.error().text), kUsage;
  say_fidelity(*stats, arguments.speed.has_value());
  if (!last) return spdlog::critical("{}", last.error().text), kRuntime;
  say_totals(*last);
  print_report(*last, arguments.comparisons);
  return kDone;
}

}  // namespace truemirror
