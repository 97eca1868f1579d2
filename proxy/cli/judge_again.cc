#include "proxy/cli/judge_again.h"

#include <algorithm>
#include <cmath>

#include "diff/report/arm_answers.h"
#include "diff/report/control_differs.h"
#include "diff/report/finding_proof.h"
#include "diff/stats/judge_test.h"

namespace truemirror {
namespace {

double tolerance_for(std::string_view metric, bool critical, const Tolerances& tolerances) {
  const std::string_view quantile = metric.substr(std::min(metric.find('_'), metric.size()));
  if (quantile == "_p50") return tolerances.latency_p50;
  if (quantile == "_p90") return tolerances.latency_p90;
  if (quantile == "_p99") return tolerances.latency_p99;
  if (critical) return tolerances.critical;
  return metric == "errors" ? tolerances.errors : tolerances.divergence;
}

// A test of a report that kept neither share nor peak: its proof stands, its bound is that of the run's own α.
void judge_old_test(TestReport& test) {
  if (test.verdict == Verdict::fail) return;  // latched
  test.verdict = test.upper <= test.tolerance ? Verdict::pass : Verdict::inconclusive;
  if (test.verdict == Verdict::pass) {
    test.pairs_needed = 0;
  } else if (test.pairs_needed == 0 && test.tolerance > 0) {
    // The bound shrinks about as 1/n: an estimate, as the run's own is for its tolerance.
    const auto pairs = static_cast<double>(std::max<std::uint64_t>(test.n, 1));
    test.pairs_needed =
        static_cast<std::uint64_t>(std::min(1e15, std::ceil(pairs * (test.upper / test.tolerance - 1))));
  }
}

std::uint64_t proven_findings(const Report& report, const std::string& endpoint) {
  return static_cast<std::uint64_t>(std::count_if(report.findings.begin(), report.findings.end(), [&](const auto& f) {
    return f.proven && f.status == FindingStatus::fresh && f.endpoint == endpoint;
  }));
}

}  // namespace

bool keeps_shares(const Report& report) { return report.judged.alpha > 0; }

void judge_again(Report& report, const Policy& policy) {
  RunFacts facts;
  facts.calibrated = report.calibrated;
  facts.control_failures = report.judged.control_failures;
  // A report that did not keep the count says it in a reason.
  facts.control_healthy =
      facts.control_failures <= ControlHealth::kAllowed &&
      (keeps_shares(report) || std::none_of(report.reasons.begin(), report.reasons.end(), [](const auto& reason) {
         return reason.starts_with("control_unhealthy");
       }));
  facts.candidate_silence = silence_of("candidate", report.candidate);
  facts.control_silence = silence_of("control", report.control);
  const std::map<std::string, std::string> differs = where_control_differs(report, policy.control_differs);
  const double scale = keeps_shares(report) ? policy.alpha / report.judged.alpha : 1;
  if (scale != 1) prove_again(report, policy.alpha);
  std::vector<JudgedEndpoint> judged;
  for (EndpointReport& endpoint : report.endpoints) {
    const bool critical = policy.is_critical(endpoint.endpoint);
    for (TestReport& test : endpoint.tests) {
      test.tolerance = tolerance_for(test.metric, critical, policy.tolerances);
      test.share *= scale;
      const std::uint64_t before_thresholds = test.pairs_needed;
      test.share > 0 ? judge_test(test) : judge_old_test(test);
      if (test.n == 0) test.pairs_needed = std::max(test.pairs_needed, before_thresholds);
    }
    const std::uint64_t proven = proven_findings(report, endpoint.endpoint);
    const auto differing = differs.find(endpoint.endpoint);
    const std::string differs_here = differing == differs.end() ? "" : differing->second;
    endpoint.verdict = endpoint_verdict(endpoint.tests, proven, !differs_here.empty());
    judged.push_back({endpoint.endpoint, endpoint.pairs, endpoint.tests, proven, endpoint.verdict,
                      policy.is_excluded(endpoint.endpoint), differs_here});
  }
  RunVerdict run = judge_run(judged, facts, policy);
  report.verdict = run.verdict;
  report.reasons = std::move(run.reasons);
  if (keeps_shares(report)) report.judged.alpha = policy.alpha;
}

}  // namespace truemirror
