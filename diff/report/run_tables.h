// All that a run has added up to, as one value: the aggregator copies it under its lock and a report is made from the
// copy.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "diff/report/aggregate.h"
#include "diff/report/arm_answers.h"
#include "diff/report/endpoint_table.h"
#include "diff/report/finding_table.h"
#include "diff/report/report.h"
#include "diff/stats/verdict.h"

namespace truemirror {

struct RuleCount {
  std::uint64_t hidden = 0, accepted = 0;
};

struct RunTables {
  EndpointTable endpoints;
  FindingTable findings;
  ControlHealth control_health;
  ArmTally candidate, control;
  std::vector<RuleCount> rules;                                // by index in the rule set
  std::array<std::uint64_t, kDefaultRules.size()> defaults{};  // samples that each default header rule hid something in
  std::uint64_t diverged = 0;
  BlockIndex now = 0;         // the newest block so far
  WallTime newest{};          // sample's arrival
  std::uint64_t renamed = 0;  // EndpointNames::version() that the names in here are of

  // Counts one comparison, whose signatures are `seen`: findings, tests, rules, control's health. Adds to `wanted` the
  // places in `seen` whose finding would keep the sample as an example.
  void count(const Comparison& comparison, const std::vector<Presence>& seen, const SampleFacts& sample,
             const RedactLocation& redact, std::vector<std::size_t>& wanted);
};

// The report of design.md §10. Where the run has ended, what is still open settles first.
[[nodiscard]] Report make_report(RunTables tables, const AggregateOptions& options, const RunInfo& run,
                                 const Totals& totals);

}  // namespace truemirror
