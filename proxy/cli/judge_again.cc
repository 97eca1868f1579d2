#include "proxy/cli/judge_again.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace truemirror {
namespace {

double tolerance_for(std::string_view metric, bool critical, const Tolerances& tolerances) {
  if (metric == "latency_p50") return tolerances.latency_p50;
  if (metric == "latency_p90") return tolerances.latency_p90;
  if (metric == "latency_p99") return tolerances.latency_p99;
  if (critical) return tolerances.critical;
  return metric == "errors" ? tolerances.errors : tolerances.divergence;
}

void judge_test(TestReport& test, double tolerance) {
  test.tolerance = tolerance;
  if (test.verdict == Verdict::fail) return;  // latched
  test.verdict = test.upper <= tolerance ? Verdict::pass : Verdict::inconclusive;
  if (test.verdict == Verdict::pass) {
    test.pairs_needed = 0;
  } else if (test.pairs_needed == 0 && tolerance > 0) {
    // The bound shrinks about as 1/n: an estimate, as the run's own is for its tolerance.
    const auto pairs = static_cast<double>(std::max<std::uint64_t>(test.n, 1));
    test.pairs_needed = static_cast<std::uint64_t>(std::min(1e15, std::ceil(pairs * (test.upper / tolerance - 1))));
  }
}

// The run says in a reason that control failed too often, and how often; nothing else keeps it.
void read_control_health(const std::vector<std::string>& reasons, RunFacts& facts) {
  constexpr std::string_view kFailures = " failed in ";
  for (const std::string& reason : reasons) {
    if (!reason.starts_with("control_unhealthy")) continue;
    facts.control_healthy = false;
    const std::size_t at = reason.find(kFailures);
    if (at == std::string::npos) continue;
    const char* digits = reason.data() + at + kFailures.size();
    std::from_chars(digits, reason.data() + reason.size(), facts.control_failures);
  }
}

std::uint64_t proven_findings(const Report& report, const std::string& endpoint) {
  return static_cast<std::uint64_t>(std::count_if(report.findings.begin(), report.findings.end(), [&](const auto& f) {
    return f.proven && f.status == FindingStatus::fresh && f.endpoint == endpoint;
  }));
}

}  // namespace

void judge_again(Report& report, const Policy& policy) {
  RunFacts facts;
  facts.calibrated = report.calibrated;
  read_control_health(report.reasons, facts);
  std::vector<JudgedEndpoint> judged;
  for (EndpointReport& endpoint : report.endpoints) {
    const bool critical = policy.is_critical(endpoint.endpoint);
    for (TestReport& test : endpoint.tests) {
      judge_test(test, tolerance_for(test.metric, critical, policy.tolerances));
    }
    const std::uint64_t proven = proven_findings(report, endpoint.endpoint);
    endpoint.verdict = endpoint_verdict(endpoint.tests, proven);
    judged.push_back({endpoint.endpoint, endpoint.pairs, endpoint.tests, proven, endpoint.verdict,
                      policy.is_excluded(endpoint.endpoint)});
  }
  RunVerdict run = judge_run(judged, facts, policy);
  report.verdict = run.verdict;
  report.reasons = std::move(run.reasons);
}

}  // namespace truemirror
