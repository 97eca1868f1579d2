#include "diff/report/endpoint_table.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace truemirror {
namespace {

constexpr std::array<const char*, 3> kLatencyMetrics{"latency_p50", "latency_p90", "latency_p99"};

double seconds(Nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

// A timeout is slower than any threshold; other errors say nothing about latency.
double waited(const Response& response) {
  return response.ok() ? seconds(response.latency()) : std::numeric_limits<double>::infinity();
}
bool gives_latency(const Response& response) { return response.ok() || response.error == ArmError::timeout; }

bool breaks(const Response& response) {
  return response.status >= 500 || (!response.ok() && response.error != ArmError::too_large);
}

void record(Histogram& histogram, const Response& response) {
  if (response.ok()) histogram.record(seconds(response.latency()));
}

void count(Uncompared reason, std::array<std::uint64_t, kUncomparedReasons>& into) {
  if (reason != Uncompared::no) ++into.at(static_cast<std::size_t>(reason) - 1);
}

}  // namespace

bool arm_failed(const Response& stable, const Response& arm) { return breaks(arm) && !breaks(stable); }

std::vector<TestReport> EndpointTally::tests() const {
  std::vector<TestReport> all;
  if (excluded()) return all;
  all.push_back(divergence.report("divergence"));
  all.push_back(errors_test.report("errors"));
  for (std::size_t i = 0; gates_latency && i < latency_tests.size(); ++i) {
    all.push_back(latency_tests[i].report(kLatencyMetrics[i]));
    if (all.back().verdict == Verdict::inconclusive) all.back().pairs_needed += thresholds.missing();
  }
  for (const BudgetTest& budget : budgets) all.push_back(budget.report());
  return all;
}

EndpointTally& EndpointTable::at(const std::string& endpoint) {
  if (const auto found = endpoints_.find(endpoint); found != endpoints_.end()) return found->second;
  const bool excluded = policy_.is_excluded(endpoint), critical = policy_.is_critical(endpoint);
  const std::uint64_t place = excluded ? 0 : ++places_;
  const Tolerances& allowed = policy_.tolerances;
  const LatencyBudget& budget = policy_.budget_of(endpoint);
  const auto limits = static_cast<std::size_t>(
      std::count_if(budget.begin(), budget.end(), [](const auto& limit) { return limit.has_value(); }));
  const double share = test_share(policy_.alpha, std::max<std::uint64_t>(place, 1), (latency_gates_ ? 5 : 2) + limits);
  const auto test = [share](double tolerance) { return PairTest(share, tolerance); };
  EndpointTally made{.place = place,
                     .gates_latency = latency_gates_,
                     .divergence = test(critical ? allowed.critical : allowed.divergence),
                     .errors_test = test(critical ? allowed.critical : allowed.errors),
                     .latency_tests = {test(allowed.latency_p50), test(allowed.latency_p90), test(allowed.latency_p99)},
                     .budgets = {},
                     .thresholds = {},
                     .latency = {},
                     .uncompared = {}};
  const std::array<double, 3> over{allowed.latency_p50, allowed.latency_p90, allowed.latency_p99};
  for (std::size_t i = 0; i < budget.size(); ++i) {
    if (budget[i]) made.budgets.emplace_back(i, seconds(*budget[i]), share, over[i]);
  }
  return endpoints_.emplace(endpoint, std::move(made)).first->second;
}

void EndpointTable::compared(const Comparison& comparison, const PairFacts& facts) {
  EndpointTally& endpoint = at(comparison.endpoint);
  count(comparison.candidate_uncompared, endpoint.uncompared.candidate);
  count(comparison.control_uncompared, endpoint.uncompared.control);
  if (comparison.candidate_uncompared != Uncompared::no) return;
  const bool candidate_failed = arm_failed(comparison.stable, comparison.candidate);
  const bool control_failed = comparison.control && arm_failed(comparison.stable, *comparison.control);
  ++endpoint.pairs;
  endpoint.diverged += facts.diverged ? 1 : 0;
  endpoint.errors += candidate_failed ? 1 : 0;
  record(endpoint.latency.stable, comparison.stable);
  record(endpoint.latency.candidate, comparison.candidate);
  if (comparison.control && comparison.control_uncompared == Uncompared::no)
    record(endpoint.latency.control, *comparison.control);
  if (endpoint.excluded() || !facts.paired) return;
  endpoint.divergence.pair(facts.candidate_diverges, facts.control_diverges, facts.block, facts.now);
  endpoint.errors_test.pair(candidate_failed, control_failed, facts.block, facts.now);
  if (latency_gates_ && comparison.control) latency(endpoint, comparison, facts);
  if (!gives_latency(comparison.candidate)) return;
  for (BudgetTest& budget : endpoint.budgets) {
    budget.answer(waited(comparison.candidate), comparison.sequence, facts.block, facts.now);
  }
}

void EndpointTable::latency(EndpointTally& endpoint, const Comparison& comparison, const PairFacts& facts) const {
  if (!gives_latency(comparison.candidate) || !gives_latency(*comparison.control)) return;
  const double candidate = waited(comparison.candidate), control = waited(*comparison.control);
  if (endpoint.thresholds.frozen()) {
    const double margin = std::chrono::duration<double>(policy_.latency_margin_absolute).count();
    for (std::size_t i = 0; i < endpoint.latency_tests.size(); ++i) {
      const double tau = endpoint.thresholds.tau(i);
      endpoint.latency_tests[i].pair(candidate > (1 + policy_.latency_margin) * tau + margin, control > tau,
                                     facts.block, facts.now);
    }
  }
  endpoint.thresholds.control(control);
}

void EndpointTable::shed(const std::string& name, bool candidate, bool control, BlockIndex block, BlockIndex now) {
  EndpointTally& endpoint = at(name);
  endpoint.errors += candidate ? 1 : 0;
  if (!endpoint.excluded()) endpoint.errors_test.pair(candidate, control, block, now);
}

void EndpointTable::rename(const std::function<std::string(const std::string&)>& current) {
  std::vector<std::pair<std::string, EndpointTally>> moved;
  for (auto at = endpoints_.begin(); at != endpoints_.end();) {
    std::string now = current(at->first);
    if (now == at->first) {
      ++at;
      continue;
    }
    moved.emplace_back(std::move(now), std::move(at->second));
    at = endpoints_.erase(at);
  }
  std::sort(moved.begin(), moved.end(), [](const auto& a, const auto& b) { return a.second.place < b.second.place; });
  for (auto& [name, endpoint] : moved) {
    const auto [there, fresh] = endpoints_.try_emplace(name, endpoint);
    if (fresh) continue;
    EndpointTally& into = there->second;
    into.pairs += endpoint.pairs;
    into.diverged += endpoint.diverged;
    into.errors += endpoint.errors;
    into.divergence.absorb(endpoint.divergence);
    into.errors_test.absorb(endpoint.errors_test);
    for (std::size_t i = 0; i < into.latency_tests.size(); ++i) into.latency_tests[i].absorb(endpoint.latency_tests[i]);
    // What the policy says of the old name may not be what it says of the new.
    for (BudgetTest& budget : into.budgets) {
      for (const BudgetTest& other : endpoint.budgets) {
        if (budget.is_same(other)) budget.absorb(other);
      }
    }
    into.latency.stable.merge(endpoint.latency.stable);
    into.latency.candidate.merge(endpoint.latency.candidate);
    into.latency.control.merge(endpoint.latency.control);
    for (std::size_t i = 0; i < kUncomparedReasons; ++i) {
      into.uncompared.candidate.at(i) += endpoint.uncompared.candidate.at(i);
      into.uncompared.control.at(i) += endpoint.uncompared.control.at(i);
    }
  }
}

template <class Visit>
void EndpointTable::each_test(Visit visit) {
  for (auto& [name, endpoint] : endpoints_) {
    visit(endpoint.divergence);
    visit(endpoint.errors_test);
    for (PairTest& test : endpoint.latency_tests) visit(test);
    for (BudgetTest& test : endpoint.budgets) visit(test);
  }
}

void EndpointTable::settle(BlockIndex now) {
  each_test([now](auto& test) { test.settle(now); });
}

void EndpointTable::settle_all() {
  each_test([](auto& test) { test.settle_all(); });
}

}  // namespace truemirror
