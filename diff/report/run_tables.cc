// What one comparison adds to each table.
#include "diff/report/run_tables.h"

namespace truemirror {
namespace {

// Samples in which each default header rule hid something between stable and the candidate.
void count_defaults(DefaultRules hidden, std::array<std::uint64_t, kDefaultRules.size()>& defaults) {
  for (std::size_t at = 0; hidden != 0 && at < defaults.size(); ++at) defaults[at] += hidden >> at & 1U;
}

void count_rules(const Comparison& comparison, std::vector<RuleCount>& rules) {
  for (const Divergence& divergence : comparison.candidate_divergences) {
    if (divergence.rule < 0 || static_cast<std::size_t>(divergence.rule) >= rules.size()) continue;
    RuleCount& count = rules[static_cast<std::size_t>(divergence.rule)];
    count.hidden += divergence.disposition == Disposition::hidden ? 1 : 0;
    count.accepted += divergence.disposition == Disposition::accepted ? 1 : 0;
  }
}

}  // namespace

void RunTables::count(const Comparison& comparison, const std::vector<Presence>& seen, const SampleFacts& sample,
                      const RedactLocation& redact, std::vector<std::size_t>& wanted) {
  PairFacts facts{.paired = sample.paired, .block = sample.block, .now = sample.now};
  if (!seen.empty()) {
    const auto bad = findings.take(seen, comparison.endpoint, sample, redact, wanted);
    facts.candidate_diverges = bad.candidate;
    facts.control_diverges = bad.control;
    for (const Presence& presence : seen) facts.diverged = facts.diverged || presence.candidate_open;
    count_rules(comparison, rules);
  }
  count_defaults(comparison.candidate_defaults, defaults);
  diverged += facts.diverged ? 1 : 0;
  endpoints.compared(comparison, facts);
  candidate.count(comparison.candidate, sample.at);
  if (comparison.control) control.count(*comparison.control, sample.at);
  if (comparison.control) control_health.pair(arm_failed(comparison.stable, *comparison.control));
}

}  // namespace truemirror
