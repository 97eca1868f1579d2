// `truemirror diff`: compares recorded responses again, under these rules. No network.
#include <spdlog/spdlog.h>

#include "capture/reader.h"
#include "capture/redact.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/logging.h"
#include "proxy/cli/run_setup.h"
#include "proxy/cli/stop_on_signal.h"
#include "proxy/cli/version.h"
#include "proxy/shadow/pipeline.h"

namespace truemirror {
namespace {

PipelineOptions pipeline_options(const DiffArguments& arguments, bool has_control,
                                 const std::shared_ptr<const Redactor>& redactor) {
  PipelineOptions options;
  options.run = {.id = new_run_id(),
                 .started = std::chrono::system_clock::now(),
                 .ended = std::nullopt,
                 .source = "diff",
                 .version = version(),
                 .stable = "recorded",
                 .candidate = "recorded",
                 .control = has_control ? "recorded" : ""};
  options.aggregate = {.policy = {},
                       .control = has_control ? ControlMode::instance : ControlMode::none,
                       .redactor = redactor,
                       .rules = arguments.rules,
                       .routes = arguments.templates.routes,
                       .templates = arguments.templates.source};
  options.comparer.compare.rules = arguments.rules;
  options.report_dir = arguments.report;
  options.comparisons = arguments.comparisons.value_or("");
  return options;
}

Comparison to_comparison(CapturedExchange&& exchange) {
  Comparison comparison;
  comparison.sequence = exchange.sequence;
  comparison.at = exchange.at;
  comparison.connection = exchange.connection;
  comparison.request = std::move(exchange.request);
  comparison.stable = std::move(*exchange.stable);
  comparison.candidate = std::move(*exchange.candidate);
  comparison.control = std::move(exchange.control);
  return comparison;
}

}  // namespace

int diff_command(const DiffArguments& arguments) {
  setup_logging(LogConfig{});
  prepare_process();
  auto redactor = make_redactor({});
  if (!redactor) return spdlog::error("{}", redactor.error().text), kUsage;
  auto reader = CaptureReader::open(arguments.captures);
  if (!reader) return spdlog::error("{}", reader.error().text), kUsage;
  std::unique_ptr<Pipeline> pipeline;
  std::uint64_t incomplete = 0;
  CapturedExchange exchange;
  const StopOnSignal stop("stopping: the report covers what has been compared so far");
  while (!stop.asked()) {
    const Result<bool> more = reader->next(exchange);
    if (!more) return spdlog::error("{}", more.error().text), kUsage;
    if (!*more) break;
    if (!exchange.stable || !exchange.candidate) {
      ++incomplete;
      continue;
    }
    if (!pipeline) {
      // Begun with the first comparison, so that a capture without any leaves no empty report behind.
      auto started = Pipeline::open(pipeline_options(arguments, exchange.control.has_value(), *redactor));
      if (!started) return spdlog::error("{}", started.error().text), kUsage;
      pipeline = std::move(*started);
      pipeline->start();
    }
    Ledger::Ticket ticket = pipeline->ledger().open();
    Comparison comparison = to_comparison(std::move(exchange));
    pipeline->comparer().submit(comparison);
    ticket.compared();
    exchange = {};
  }
  for (const std::string& problem : reader->stats().problems) spdlog::warn("capture: {}", problem);
  if (!pipeline && stop.asked()) return kRuntime;
  if (!pipeline) {
    spdlog::error(
        "no exchange in {} has responses of both stable and candidate ({} exchanges read); record one with "
        "`truemirror serve --capture DIR`, or send it to a build with `truemirror replay`",
        arguments.captures.front().string(), reader->stats().exchanges);
    return kUsage;
  }
  if (incomplete > 0)
    spdlog::warn("{} exchanges lack stable's or the candidate's response and were left out", incomplete);
  const Result<Report> last = pipeline->finish(std::chrono::milliseconds(0));
  if (!last) return spdlog::critical("{}", last.error().text), kRuntime;
  say_totals(*last);
  print_report(*last, arguments.comparisons);
  return kDone;
}

}  // namespace truemirror
