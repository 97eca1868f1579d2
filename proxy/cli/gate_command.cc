// `truemirror gate`: the verdict as an exit code, and as a short paragraph for the log of whoever asked.
#include <iostream>

#include "diff/report/store.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/input_files.h"
#include "proxy/cli/judge_again.h"

namespace truemirror {
namespace {

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return kDone;
    case Verdict::fail:
      return kFailed;
    case Verdict::inconclusive:
      return kInconclusive;
  }
  return kRuntime;
}

int failed(const Problem& problem) {
  std::cerr << "truemirror gate: " << problem.text << "\n";
  return kUsage;
}

// These are part of the measurement, so that a stored run cannot be judged by others.
void warn_of_measured(const Policy& policy, const Report& report) {
  const Policy usual;
  const bool burst = keeps_shares(report) ? policy.burst != report.judged.burst : policy.burst != usual.burst;
  const bool measured = burst || policy.latency_margin != usual.latency_margin ||
                        policy.latency_margin_absolute != usual.latency_margin_absolute ||
                        policy.budget != usual.budget || !policy.endpoint_budgets.empty();
  if (measured) {
    std::cerr << "truemirror gate: burst, latency margins and budgets are those that the run was measured with; this "
                 "policy's alpha, tolerances, coverage, uncalibrated and endpoints apply\n";
  }
  if (!keeps_shares(report) && policy.alpha != usual.alpha) {
    std::cerr << "truemirror gate: this report does not say what its tests may spend, so alpha is that of its run\n";
  }
}

}  // namespace

int gate_command(const GateArguments& arguments) {
  auto report = load_report(arguments.dir);
  if (report.has_error()) return failed(report.error());
  if (arguments.policy) {
    const auto policy = load_policy(*arguments.policy);
    if (policy.has_error()) return failed(policy.error());
    warn_of_measured(*policy, *report);
    judge_again(*report, *policy);
  }
  std::cout << to_string(report->verdict) << ": run " << report->run.id << ", " << report->totals.compared
            << " comparisons at " << report->endpoints.size() << " endpoints"
            << (report->calibrated ? "" : ", uncalibrated") << "\n";
  for (const std::string& reason : report->reasons) std::cout << "  " << reason << "\n";
  std::cout << std::flush;
  return exit_code(report->verdict);
}

}  // namespace truemirror
