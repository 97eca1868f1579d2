// Judges a stored report by another policy. What the run measured stays: its evidence, and the error budget, blocks and
// latency margins that it was measured with. What judges is the policy's: tolerances, coverage, uncalibrated,
// endpoints.
#pragma once

#include "diff/report/report.h"
#include "diff/stats/policy.h"

namespace truemirror {

// Sets tolerance and verdict of each test, and the verdicts and reasons of endpoints and run. A proven test or finding
// stays proven.
void judge_again(Report& report, const Policy& policy);

}  // namespace truemirror
