#include "proxy/cli/serve_metrics.h"

#include "proxy/admin/metrics.h"

namespace truemirror {
namespace {

MetricsInput::Live live_numbers(const LiveStats& stats) {
  std::vector<std::pair<std::string_view, std::uint64_t>> hits;
  for (std::size_t at = 0; at < kLimits; ++at) hits.emplace_back(kLimitNames.at(at), stats.limit_hits.at(at));
  std::vector<std::pair<std::string, std::uint64_t>> failed;
  for (std::size_t at = 0; at < kHandshakeFailures; ++at)
    failed.emplace_back(to_string(static_cast<HandshakeFailure>(at)), stats.failed_handshakes.at(at));
  return {.requests = stats.requests,
          .connections = stats.connections,
          .open_connections = stats.open_connections,
          .bytes_to_clients = stats.bytes_to_clients,
          .bytes_from_clients = stats.bytes_from_clients,
          .bad_requests = stats.bad_requests,
          .client_aborts = stats.client_aborts,
          .stable_errors = stats.stable_errors,
          .retries = stats.retries,
          .accept_errors = stats.accept_errors,
          .marked = stats.marked,
          .loops = stats.loops,
          .tunnels = stats.tunnels,
          .open_tunnels = stats.open_tunnels,
          .http2_clients = stats.http2_clients,
          .tls_clients = stats.tls_clients,
          .responses = stats.responses,
          .full_handshakes = stats.full_handshakes,
          .resumed_handshakes = stats.resumed_handshakes,
          .failed_handshakes = std::move(failed),
          .limit_hits = std::move(hits)};
}

}  // namespace

std::string serve_metrics(const ServeNumbers& numbers) {
  const Report report = numbers.pipeline.report();
  const ShadowStats shadow = numbers.pipeline.shadow_stats();
  MetricsInput input;
  input.version = numbers.version;
  input.mirroring = numbers.mirroring;
  input.ready = numbers.ready;
  input.live = live_numbers(numbers.live);
  input.ledger = numbers.pipeline.ledger_totals();
  input.copy_bytes = shadow.bytes_held;
  input.copy_bytes_limit = shadow.bytes_limit;
  input.queues = {{"candidate_in_flight", shadow.candidate.in_flight, numbers.budgets.in_flight},
                  {"control_in_flight", shadow.control.in_flight, numbers.budgets.in_flight},
                  {"compare", shadow.compare_queue, numbers.budgets.compare_queue}};
  input.upstreams = {{"candidate", shadow.candidate.breaker_open ? "open" : "closed", shadow.candidate.repeats}};
  if (!report.run.control.empty())
    input.upstreams.push_back({"control", shadow.control.breaker_open ? "open" : "closed", shadow.control.repeats});
  if (const auto capture = numbers.pipeline.capture_stats())
    input.capture = MetricsInput::Capture{capture->exchanges, capture->bytes, capture->segments, capture->dropped};
  input.report = &report;
  return render_metrics(input);
}

}  // namespace truemirror
