#include "proxy/admin/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

#include "proxy/admin/latency_buckets.h"

namespace truemirror {
namespace {

using testing::HasSubstr;
using testing::Not;

Report report_with(std::size_t endpoints) {
  Report report;
  report.verdict = Verdict::fail;
  for (std::size_t i = 0; i < endpoints; ++i) {
    EndpointReport each;
    each.endpoint = "GET /e" + std::to_string(i);
    each.pairs = 1000 - i;
    each.diverged = 2;
    each.latency.candidate.record(0.010);
    report.endpoints.push_back(each);
  }
  return report;
}

MetricsInput full(const Report& report) {
  MetricsInput input;
  input.version = "1.2 \"x\"";
  input.live.requests = 7;
  input.live.responses[2] = 6;
  input.live.limit_hits = {{"connections", 3}};
  input.ledger.sampled = 5;
  input.ledger.compared = 3;
  input.ledger.dropped[static_cast<std::size_t>(DropReason::compare_queue)] = 2;
  input.copy_bytes = 10;
  input.queues = {{"compare", 1, 1024}};
  input.upstreams = {{"candidate", "open", 7}};
  input.capture = MetricsInput::Capture{4, 100, 1, {{"disk_full", 2}}};
  input.report = &report;
  return input;
}

TEST(Metrics, EveryLineIsPrometheusTextAndEveryFamilyIsDeclaredOnce) {
  const Report report = report_with(3);
  std::istringstream lines(render_metrics(full(report)));
  const std::regex sample(R"re(truemirror_[a-z_]+(\{([a-z]+="([^"\\]|\\.)*",?)+\})? [-+0-9.eInf]+)re");
  std::set<std::string> declared;
  int samples = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      EXPECT_TRUE(declared.insert(line).second) << line;
    }
    if (line.starts_with("#")) continue;
    EXPECT_TRUE(std::regex_match(line, sample)) << line;
    ++samples;
  }
  EXPECT_GT(samples, 50);
}

TEST(Metrics, ThePromisedNamesAreThere) {
  const Report report = report_with(1);
  const std::string text = render_metrics(full(report));
  for (const char* line :
       {"truemirror_requests_total 7", "truemirror_responses_total{class=\"2xx\"} 6", "truemirror_sampled_total 5",
        "truemirror_limit_hits_total{limit=\"connections\"} 3", "truemirror_compared_total 3",
        "truemirror_dropped_total{reason=\"compare_queue\"} 2", "truemirror_in_flight 0", "truemirror_copies_bytes 10",
        "truemirror_queue_length{queue=\"compare\"} 1", "truemirror_breaker{arm=\"candidate\",state=\"open\"} 1",
        "truemirror_arm_repeats_total{arm=\"candidate\"} 7", "truemirror_capture_dropped_total{reason=\"disk_full\"} 2",
        "truemirror_verdict{state=\"fail\"} 1", "truemirror_verdict{state=\"pass\"} 0",
        "truemirror_diverged_total{endpoint=\"GET /e0\"} 2",
        "truemirror_latency_seconds_count{endpoint=\"GET /e0\",arm=\"candidate\"} 1", "truemirror_mirroring 1"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, EndpointsAreCappedAndTheRestIsCountedTogether) {
  const Report report = report_with(250);
  const std::string text = render_metrics(full(report));
  EXPECT_THAT(text, HasSubstr("truemirror_diverged_total{endpoint=\"GET /e99\"} 2"));
  EXPECT_THAT(text, Not(HasSubstr("GET /e100\"")));
  EXPECT_THAT(text, HasSubstr("truemirror_diverged_total{endpoint=\"(other)\"} 300"));
  EXPECT_THAT(text, HasSubstr("truemirror_latency_seconds_count{endpoint=\"(other)\",arm=\"candidate\"} 150"));
}

TEST(LatencyBuckets, CountExactlyWhatLiesBelowEachPowerOfTwo) {
  Histogram values;
  for (const double seconds : {1e-6, 0.0009, 0.001, 0.3, 0.6, 500.0}) values.record(seconds);
  const auto buckets = latency_buckets(values);
  const auto below = [&](double bound) {
    std::uint64_t count = 0;
    for (const LatencyBucket& bucket : buckets) {
      if (bucket.seconds <= bound) count = bucket.cumulative;
    }
    return count;
  };
  EXPECT_EQ(below(0x1p-13), 1u);
  EXPECT_EQ(below(0x1p-10), 2u);  // 0.000977
  EXPECT_EQ(below(0x1p-9), 3u);
  EXPECT_EQ(below(0.5), 4u);
  EXPECT_EQ(below(1), 5u);
  EXPECT_EQ(below(64), 5u);
  EXPECT_EQ(buckets.back().cumulative, 6u);
}

}  // namespace
}  // namespace truemirror
