#include "diff/stats/verdict.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace truemirror {
namespace {

constexpr std::size_t kNamed = 10;  // endpoints that get a reason of their own; the rest is counted

std::string percent(double fraction) {
  // Rounded down, so that 94.99 % never reads as the 95 % that would have been enough.
  const auto tenths = static_cast<long>(std::floor(fraction * 1000 + 1e-9));
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + " %";
}

std::uint64_t still_needed(const JudgedEndpoint& endpoint) {
  std::uint64_t most = 0;
  for (const TestReport& test : endpoint.tests) most = std::max(most, test.pairs_needed);
  return most;
}

std::string failure(const JudgedEndpoint& endpoint) {
  std::string what;
  for (const TestReport& test : endpoint.tests) {
    if (test.verdict == Verdict::fail) what += (what.empty() ? "" : ", ") + test.metric;
  }
  if (endpoint.proven_findings > 0) {
    if (!what.empty()) what += ", ";
    what += std::to_string(endpoint.proven_findings) + (endpoint.proven_findings == 1 ? " finding" : " findings");
  }
  return "failed: " + std::string(endpoint.endpoint) + ": " + what + " proven";
}

using Endpoints = std::span<const JudgedEndpoint>;

// What leads: next to it the rest hardly matters.
void name_silence(const RunFacts& facts, std::vector<std::string>& reasons) {
  if (!facts.candidate_silence.empty()) reasons.push_back("candidate_silent: " + facts.candidate_silence);
  if (!facts.control_silence.empty())
    reasons.push_back("control_unhealthy: " + facts.control_silence + "; nothing passes until it is well");
}

// Whether there are any.
bool name_failures(Endpoints endpoints, std::vector<std::string>& reasons) {
  std::size_t failed = 0;
  for (const JudgedEndpoint& endpoint : endpoints) {
    if (endpoint.excluded || endpoint.verdict != Verdict::fail) continue;
    if (++failed <= kNamed) reasons.push_back(failure(endpoint));
  }
  if (failed > kNamed) reasons.push_back("failed: " + std::to_string(failed - kNamed) + " further endpoints");
  return failed > 0;
}

// Where endpoints at which control is no yardstick carry more of the pairs than coverage forgives.
void name_control_differences(Endpoints endpoints, std::uint64_t pairs, double coverage,
                              std::vector<std::string>& reasons) {
  std::uint64_t carried = 0;
  std::size_t differing = 0;
  std::string where;
  for (const JudgedEndpoint& endpoint : endpoints) {
    if (endpoint.excluded || endpoint.control_differs.empty()) continue;
    carried += endpoint.pairs;
    if (++differing > kNamed) continue;
    where += (where.empty() ? "" : "; ") + std::string(endpoint.endpoint) + ": " + endpoint.control_differs;
  }
  if (static_cast<double>(carried) <= (1 - coverage) * static_cast<double>(pairs)) return;
  if (differing > kNamed) where += "; and at " + std::to_string(differing - kNamed) + " further endpoints";
  reasons.push_back("control_differs: control is not what stable is, in most samples (" + where +
                    "); nothing passes until it runs stable's version, or rules cover what is the setup's doing");
}

// The undecided endpoints with the most pairs first: they are what the coverage lacks.
void name_undecided(Endpoints endpoints, std::vector<std::string>& reasons) {
  std::vector<const JudgedEndpoint*> undecided;
  for (const JudgedEndpoint& endpoint : endpoints) {
    if (endpoint.excluded || endpoint.verdict != Verdict::inconclusive || !endpoint.control_differs.empty()) continue;
    undecided.push_back(&endpoint);
  }
  std::sort(undecided.begin(), undecided.end(), [](const JudgedEndpoint* a, const JudgedEndpoint* b) {
    return a->pairs != b->pairs ? a->pairs > b->pairs : a->endpoint < b->endpoint;
  });
  for (std::size_t i = 0; i < std::min(kNamed, undecided.size()); ++i) {
    reasons.push_back("pairs_needed: " + std::string(undecided[i]->endpoint) + ": about " +
                      std::to_string(still_needed(*undecided[i])) + " further clean pairs");
  }
  if (undecided.size() > kNamed) {
    reasons.push_back("pairs_needed: " + std::to_string(undecided.size() - kNamed) + " further endpoints");
  }
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  static constexpr std::array<std::string_view, 3> kNames{"pass", "fail", "inconclusive"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

Verdict endpoint_verdict(std::span<const TestReport> tests, std::uint64_t proven_findings, bool control_differs) {
  const auto is = [](Verdict verdict) { return [verdict](const TestReport& test) { return test.verdict == verdict; }; };
  if (proven_findings > 0 || std::any_of(tests.begin(), tests.end(), is(Verdict::fail))) return Verdict::fail;
  const bool passes = !control_differs && !tests.empty() && std::all_of(tests.begin(), tests.end(), is(Verdict::pass));
  return passes ? Verdict::pass : Verdict::inconclusive;
}

void ControlHealth::pair(bool control_failed) {
  failures_ -= failed_.test(next_) ? 1 : 0;
  failures_ += control_failed ? 1 : 0;
  failed_.set(next_, control_failed);
  next_ = (next_ + 1) % kWindow;
}

RunVerdict judge_run(Endpoints endpoints, const RunFacts& facts, const Policy& policy) {
  RunVerdict run;
  name_silence(facts, run.reasons);
  const bool silent = !run.reasons.empty();
  if (name_failures(endpoints, run.reasons)) run.verdict = Verdict::fail;

  std::uint64_t pairs = 0, passing = 0;
  for (const JudgedEndpoint& endpoint : endpoints) {
    if (endpoint.excluded) continue;
    pairs += endpoint.pairs;
    if (endpoint.verdict == Verdict::pass) passing += endpoint.pairs;
  }
  const double covered = pairs == 0 ? 0 : static_cast<double>(passing) / static_cast<double>(pairs);

  const std::size_t failures_named = run.reasons.size();
  if (!facts.calibrated && !policy.allow_uncalibrated) {
    run.reasons.emplace_back(
        "uncalibrated: without control nothing passes; set one, or `uncalibrated: allow` in the policy");
  }
  if (!facts.control_healthy && facts.control_silence.empty()) {
    run.reasons.push_back("control_unhealthy: control failed in " + std::to_string(facts.control_failures) +
                          " of its last " + std::to_string(ControlHealth::kWindow) +
                          " pairs; nothing passes until it is well");
  }
  name_control_differences(endpoints, pairs, policy.coverage, run.reasons);
  if (pairs == 0) {
    run.reasons.emplace_back("no_pairs: nothing has been compared");
  } else if (covered < policy.coverage && run.verdict != Verdict::fail && !silent) {
    run.reasons.push_back("coverage: passing endpoints carry " + percent(covered) + " of the pairs; " +
                          percent(policy.coverage) + " are needed");
    name_undecided(endpoints, run.reasons);
  }
  if (run.verdict != Verdict::fail && !silent && run.reasons.size() == failures_named) {
    run.verdict = Verdict::pass;
    run.reasons.push_back("covered: passing endpoints carry " + percent(covered) + " of the pairs");
  }
  return run;
}

}  // namespace truemirror
