// From tables to the report document: proves findings, judges endpoints and the run. Pure.

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "diff/report/control_differs.h"
#include "diff/report/issues.h"
#include "diff/report/run_tables.h"
#include "diff/stats/evidence.h"

namespace truemirror {
namespace {

bool gates(const FindingTally& finding, bool calibrated) {
  return finding.open.all() > 0 && finding.signature != other_signature() &&
         (calibrated || gates_uncalibrated(finding.kind));
}

FindingStatus status_of(const FindingTally& finding, bool proven, bool calibrated) {
  if (finding.open.all() == 0) return finding.accepted ? FindingStatus::accepted : FindingStatus::hidden;
  if (proven) return FindingStatus::fresh;
  if (calibrated) return finding.control_shows() ? FindingStatus::noise : FindingStatus::fresh;
  return finding.volatile_class ? FindingStatus::suspected_noise : FindingStatus::fresh;
}

FindingReport report_of(const FindingTally& finding, bool proven, bool calibrated) {
  FindingReport report;
  report.id = finding_id(finding.signature);
  report.endpoint = finding.endpoint;
  report.location = finding.location;
  report.kind = finding.kind;
  report.transition = finding.transition;
  report.status = status_of(finding, proven, calibrated);
  report.proven = proven;
  const ShowCounts& counts = finding.open.all() > 0 ? finding.open : finding.ruled;
  report.candidate_only = counts.candidate_only;
  report.control_only = counts.control_only;
  report.both = counts.both;
  report.blocks_b = finding.blocks.blocks_b();
  report.blocks_c = finding.blocks.blocks_c();
  report.ln_e = finding.blocks.ln_e();
  report.first_seen = finding.first_seen;
  report.last_seen = finding.last_seen;
  report.examples = finding.examples.examples();
  return report;
}

// e-BH at α/2 over all signatures that gate, whichever arm showed them.
std::vector<const FindingTally*> proven_findings(const FindingTable& table, const Policy& policy, bool calibrated) {
  std::vector<const FindingTally*> tested;
  std::vector<double> ln_e;
  for (const auto& [key, finding] : table.all()) {
    if (!gates(finding, calibrated)) continue;
    tested.push_back(&finding);
    ln_e.push_back(finding.blocks.ln_e());
  }
  std::vector<const FindingTally*> proven;
  for (const std::size_t at : e_bh(ln_e, policy.alpha / 2)) proven.push_back(tested[at]);
  std::sort(proven.begin(), proven.end());
  return proven;
}

std::vector<FindingReport> report_findings(const FindingTable& table, const Policy& policy, bool calibrated) {
  const std::vector<const FindingTally*> proven = proven_findings(table, policy, calibrated);
  std::vector<const FindingTally*> order;
  for (const auto& [key, finding] : table.all()) order.push_back(&finding);
  const auto rank = [&](const FindingTally* f) {
    const bool is_proven = std::binary_search(proven.begin(), proven.end(), f);
    return std::tuple(!is_proven, status_of(*f, is_proven, calibrated), -f->blocks.ln_e(), f->signature);
  };
  std::sort(order.begin(), order.end(),
            [&](const FindingTally* a, const FindingTally* b) { return rank(a) < rank(b); });

  std::vector<FindingReport> findings;
  std::vector<const SampleSketch*> sketches;
  findings.reserve(order.size());
  for (const FindingTally* finding : order) {
    findings.push_back(report_of(*finding, std::binary_search(proven.begin(), proven.end(), finding), calibrated));
    sketches.push_back(&finding->samples);
  }
  group_issues(findings, sketches);
  return findings;
}

std::vector<EndpointReport> report_endpoints(const EndpointTable& table) {
  std::vector<EndpointReport> endpoints;
  for (const auto& [name, tally] : table.all()) {
    EndpointReport report;
    report.endpoint = name;
    report.pairs = tally.pairs;
    report.diverged = tally.diverged;
    report.errors = tally.errors;
    report.tests = tally.tests();
    report.latency = tally.latency;
    report.uncompared = tally.uncompared;
    endpoints.push_back(std::move(report));
  }
  std::sort(endpoints.begin(), endpoints.end(), [](const auto& a, const auto& b) { return a.endpoint < b.endpoint; });
  return endpoints;
}

// Sets the verdicts of the endpoints, and the run's with its reasons.
void judge(Report& report, const RunTables& tables, const AggregateOptions& options) {
  std::map<std::string_view, std::uint64_t> proven;
  for (const FindingReport& finding : report.findings) {
    if (finding.proven && finding.status == FindingStatus::fresh) ++proven[finding.endpoint];
  }
  const std::map<std::string, std::string> differs = where_control_differs(report, options.policy.control_differs);
  std::vector<JudgedEndpoint> judged;
  std::size_t excluded = 0;
  for (EndpointReport& endpoint : report.endpoints) {
    JudgedEndpoint each{.endpoint = endpoint.endpoint, .pairs = endpoint.pairs, .tests = endpoint.tests};
    each.excluded = options.policy.is_excluded(endpoint.endpoint);
    each.proven_findings = each.excluded ? 0 : proven[endpoint.endpoint];
    if (const auto at = differs.find(endpoint.endpoint); at != differs.end()) each.control_differs = at->second;
    each.verdict = endpoint.verdict =
        endpoint_verdict(endpoint.tests, each.proven_findings, !each.control_differs.empty());
    excluded += each.excluded ? 1 : 0;
    judged.push_back(each);
  }
  RunVerdict verdict = judge_run(judged,
                                 {.calibrated = report.calibrated,
                                  .control_healthy = tables.control_health.healthy(),
                                  .control_failures = tables.control_health.failures(),
                                  .candidate_silence = silence_of("candidate", report.candidate),
                                  .control_silence = silence_of("control", report.control)},
                                 options.policy);
  report.judged = {.alpha = options.policy.alpha,
                   .burst = options.policy.burst,
                   .control_failures = tables.control_health.failures(),
                   .templates = options.templates};
  report.verdict = verdict.verdict;
  report.reasons = std::move(verdict.reasons);
  if (excluded > 0) {
    report.reasons.push_back("excluded: the policy leaves out " + std::to_string(excluded) +
                             (excluded == 1 ? " endpoint" : " endpoints"));
  }
  if (options.control == ControlMode::stable_again) {
    report.reasons.emplace_back("stable_again: control is the stable upstream asked twice, so latency is not judged");
  }
}

}  // namespace

Report make_report(RunTables tables, const AggregateOptions& options, const RunInfo& run, const Totals& totals) {
  if (run.ended) {
    tables.endpoints.settle_all();
    tables.findings.settle_all();
  } else {
    tables.endpoints.settle(tables.now);
    tables.findings.settle(tables.now);
  }
  Report report;
  report.run = run;
  report.calibrated = options.control != ControlMode::none;
  report.totals = totals;
  report.totals.diverged = tables.diverged;
  report.candidate = tables.candidate.answers(tables.newest);
  report.control = tables.control.answers(tables.newest);
  report.endpoints = report_endpoints(tables.endpoints);
  report.findings = report_findings(tables.findings, options.policy, report.calibrated);
  judge(report, tables, options);
  for (std::size_t i = 0; i < tables.rules.size(); ++i) {
    const Rule& rule = options.rules->rules()[i];
    report.rules.push_back(
        {rule.text, rule.reason, tables.rules[i].hidden, tables.rules[i].accepted, !rule.in_force(tables.newest)});
  }
  for (std::size_t i = 0; i < tables.defaults.size(); ++i) {
    if (tables.defaults[i] == 0) continue;
    report.rules.push_back({std::string(kDefaultRuleMark).append(kDefaultRules[i].header),
                            std::string(kDefaultRules[i].reason), tables.defaults[i], 0, false});
  }
  return report;
}

}  // namespace truemirror
