#include "proxy/admin/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>

#include "proxy/admin/latency_buckets.h"

namespace truemirror {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// The families of one page, each with one name, help and type.
class Page {
 public:
  void counter(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    ClientMetric metric = labelled(std::move(labels));
    metric.counter.value = value;
    family(name, help, MetricType::Counter).metric.push_back(std::move(metric));
  }
  void gauge(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    ClientMetric metric = labelled(std::move(labels));
    metric.gauge.value = value;
    family(name, help, MetricType::Gauge).metric.push_back(std::move(metric));
  }
  void histogram(const std::string& name, const std::string& help, const Histogram& values, Labels labels) {
    ClientMetric metric = labelled(std::move(labels));
    metric.histogram.sample_count = values.count();
    metric.histogram.sample_sum = values.sum();
    for (const LatencyBucket& bucket : latency_buckets(values)) {
      metric.histogram.bucket.push_back({bucket.cumulative, bucket.seconds});
    }
    family(name, help, MetricType::Histogram).metric.push_back(std::move(metric));
  }
  [[nodiscard]] std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  static ClientMetric labelled(Labels labels) {
    ClientMetric metric;
    metric.label = std::move(labels);
    return metric;
  }
  MetricFamily& family(const std::string& name, const std::string& help, MetricType type) {
    const auto known = std::find_if(families_.begin(), families_.end(), [&](const auto& f) { return f.name == name; });
    if (known != families_.end()) return *known;
    return families_.emplace_back(MetricFamily{name, help, type, {}});
  }
  std::vector<MetricFamily> families_;
};

double number(std::uint64_t value) { return static_cast<double>(value); }

void add_live(Page& page, const MetricsInput::Live& live) {
  page.counter("truemirror_requests_total", "Requests read from clients.", number(live.requests));
  static constexpr std::array<const char*, 6> kClasses{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    page.counter("truemirror_responses_total", "Responses sent to clients, by class of status.",
                 number(live.responses[i]), {{"class", kClasses[i]}});
  }
  page.counter("truemirror_connections_total", "Connections accepted from clients.", number(live.connections));
  page.gauge("truemirror_connections", "Client connections open now.", number(live.open_connections));
  page.counter("truemirror_sent_bytes_total", "Bytes written to clients.", number(live.bytes_to_clients));
  page.counter("truemirror_received_bytes_total", "Bytes read from clients.", number(live.bytes_from_clients));
  page.counter("truemirror_bad_requests_total", "Requests refused as malformed or ambiguous.",
               number(live.bad_requests));
  page.counter("truemirror_client_aborts_total", "Clients that left before their response was through.",
               number(live.client_aborts));
  page.counter("truemirror_stable_errors_total", "Live requests that stable gave no usable response to.",
               number(live.stable_errors));
  page.counter("truemirror_stable_retries_total", "Live requests sent again on a new connection.",
               number(live.retries));
  page.counter("truemirror_accept_errors_total", "Connections that could not be accepted.", number(live.accept_errors));
  page.counter("truemirror_tls_handshakes_total", "TLS handshakes with clients.", number(live.full_handshakes),
               {{"kind", "full"}});
  page.counter("truemirror_tls_handshakes_total", "TLS handshakes with clients.", number(live.resumed_handshakes),
               {{"kind", "resumed"}});
  for (const auto& [reason, count] : live.failed_handshakes)
    page.counter("truemirror_tls_failures_total", "TLS handshakes with clients that failed, by reason.", number(count),
                 {{"reason", reason}});
  const std::string kWrong = "Clients that spoke another protocol than plain HTTP/1.1 to its listener.";
  page.counter("truemirror_wrong_protocol_total", kWrong, number(live.http2_clients), {{"protocol", "http2"}});
  page.counter("truemirror_wrong_protocol_total", kWrong, number(live.tls_clients), {{"protocol", "tls"}});
  page.counter("truemirror_marked_requests_total", "Requests that carried a valid shadow mark and were not mirrored.",
               number(live.marked));
  page.counter("truemirror_loops_total", "Requests refused with 508 since they had been through here before.",
               number(live.loops));
  page.counter("truemirror_tunnels_total", "Connections that became tunnels: WebSocket and other upgrades, CONNECT.",
               number(live.tunnels));
  page.gauge("truemirror_tunnels", "Tunnels open now.", number(live.open_tunnels));
  for (const auto& [limit, hits] : live.limit_hits) {
    page.counter("truemirror_limit_hits_total", "How often a client, or stable, was held to a limit, by limit.",
                 number(hits), {{"limit", std::string(limit)}});
  }
}

void add_shadow(Page& page, const MetricsInput& input) {
  const LedgerTotals& ledger = input.ledger;
  page.counter("truemirror_sampled_total", "Requests chosen for mirroring: compared, dropped or in flight.",
               number(ledger.sampled));
  page.counter("truemirror_compared_total", "Samples that were compared.", number(ledger.compared));
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    page.counter("truemirror_dropped_total", "Samples that were dropped, by reason.", number(ledger.dropped[i]),
                 {{"reason", std::string(to_string(static_cast<DropReason>(i)))}});
  }
  page.gauge("truemirror_in_flight", "Samples that live now.", number(ledger.in_flight));
  page.gauge("truemirror_copies_bytes", "Bytes of copies in memory now.", number(input.copy_bytes));
  page.gauge("truemirror_copies_limit_bytes", "Bytes of copies that are allowed in memory.",
             number(input.copy_bytes_limit));
  for (const MetricsInput::Queue& queue : input.queues) {
    page.gauge("truemirror_queue_length", "Items that wait, by queue.", number(queue.length), {{"queue", queue.name}});
    page.gauge("truemirror_queue_limit", "Items that may wait, by queue.", number(queue.limit),
               {{"queue", queue.name}});
  }
}

void add_arms(Page& page, const std::vector<MetricsInput::Arm>& arms) {
  for (const MetricsInput::Arm& arm : arms) {
    for (const char* state : {"closed", "open"}) {
      page.gauge("truemirror_breaker", "1 for the state that the breaker of an arm is in.",
                 arm.breaker == state ? 1 : 0, {{"arm", arm.name}, {"state", state}});
    }
    page.counter("truemirror_arm_repeats_total",
                 "Requests that went to an arm once more: safe ones, whose kept connection was reset before any byte.",
                 number(arm.repeats), {{"arm", arm.name}});
  }
}

void add_capture(Page& page, const MetricsInput::Capture& capture) {
  page.counter("truemirror_capture_exchanges_total", "Exchanges written to the capture.", number(capture.exchanges));
  page.counter("truemirror_capture_bytes_total", "Bytes written to the capture.", number(capture.bytes));
  page.counter("truemirror_capture_segments_total", "Segments begun.", number(capture.segments));
  for (const auto& [reason, count] : capture.dropped) {
    page.counter("truemirror_capture_dropped_total", "Exchanges that were not captured, by reason.", number(count),
                 {{"reason", reason}});
  }
}

// The endpoints with the most pairs by name, the others merged into one.
std::vector<EndpointReport> labelled_endpoints(const Report& report) {
  std::vector<EndpointReport> endpoints = report.endpoints;
  std::sort(endpoints.begin(), endpoints.end(), [](const auto& a, const auto& b) {
    return a.pairs != b.pairs ? a.pairs > b.pairs : a.endpoint < b.endpoint;
  });
  if (endpoints.size() <= kMaxEndpointLabels) return endpoints;
  EndpointReport other;
  for (std::size_t i = kMaxEndpointLabels; i < endpoints.size(); ++i) {
    const EndpointReport& each = endpoints[i];
    other.pairs += each.pairs;
    other.diverged += each.diverged;
    other.errors += each.errors;
    other.latency.stable.merge(each.latency.stable);
    other.latency.candidate.merge(each.latency.candidate);
    other.latency.control.merge(each.latency.control);
  }
  endpoints.resize(kMaxEndpointLabels);
  const auto named =
      std::find_if(endpoints.begin(), endpoints.end(), [](const auto& e) { return e.endpoint == "(other)"; });
  other.endpoint = named == endpoints.end() ? "(other)" : "(others)";
  endpoints.push_back(std::move(other));
  return endpoints;
}

void add_report(Page& page, const Report& report) {
  for (const Verdict verdict : {Verdict::pass, Verdict::fail, Verdict::inconclusive}) {
    page.gauge("truemirror_verdict", "1 for the verdict of the run as of now.", report.verdict == verdict ? 1 : 0,
               {{"state", std::string(to_string(verdict))}});
  }
  for (std::size_t at = 0; at < kUncomparedReasons; ++at) {
    UncomparedCounts all;
    for (const EndpointReport& each : report.endpoints) {
      all.candidate.at(at) += each.uncompared.candidate.at(at);
      all.control.at(at) += each.uncompared.control.at(at);
    }
    const std::pair<const char*, std::uint64_t> arms[] = {{"candidate", all.candidate.at(at)},
                                                          {"control", all.control.at(at)}};
    for (const auto& [arm, samples] : arms) {
      page.counter("truemirror_uncompared_total", "Samples in which an arm was not compared, by reason.",
                   number(samples), {{"reason", std::string(to_string(uncompared_reason(at)))}, {"arm", arm}});
    }
  }
  for (const EndpointReport& each : labelled_endpoints(report)) {
    const Labels endpoint{{"endpoint", each.endpoint}};
    page.counter("truemirror_pairs_total", "Comparisons, by endpoint.", number(each.pairs), endpoint);
    page.counter("truemirror_diverged_total", "Comparisons with an open divergence, by endpoint.",
                 number(each.diverged), endpoint);
    page.counter("truemirror_candidate_errors_total", "Comparisons in which the candidate failed, by endpoint.",
                 number(each.errors), endpoint);
    const std::pair<const char*, const Histogram*> arms[] = {
        {"stable", &each.latency.stable}, {"candidate", &each.latency.candidate}, {"control", &each.latency.control}};
    for (const auto& [arm, latency] : arms) {
      if (latency->count() == 0) continue;
      page.histogram("truemirror_latency_seconds", "From the first byte of a request to the last of its response.",
                     *latency, {{"endpoint", each.endpoint}, {"arm", arm}});
    }
  }
}

}  // namespace

std::string render_metrics(const MetricsInput& input) {
  Page page;
  page.gauge("truemirror_build_info", "1, with the version that runs.", 1, {{"version", input.version}});
  page.gauge("truemirror_ready", "1 where requests are served.", input.ready ? 1 : 0);
  page.gauge("truemirror_mirroring", "0 where the kill switch is thrown.", input.mirroring ? 1 : 0);
  add_live(page, input.live);
  add_shadow(page, input);
  add_arms(page, input.upstreams);
  if (input.capture) add_capture(page, *input.capture);
  if (input.report != nullptr) add_report(page, *input.report);
  return page.text();
}

}  // namespace truemirror
