// Judges a stored report by another policy. What the run measured stays: its counts and evidence, and the blocks,
// latency margins and budgets that it measured with. What judges is the policy's: α, tolerances, coverage,
// uncalibrated, endpoints. α is sound to change afterwards, since evidence does not depend on it: a test fails where
// its largest evidence reached one over its share of the new α, its bound is computed anew at that share, and e-BH runs
// again over the findings. It must not be chosen by what the report says, as no α may.
#pragma once

#include "diff/report/report.h"
#include "diff/stats/policy.h"

namespace truemirror {

// Sets tolerance, share and verdict of each test, proof of each finding, and verdicts and reasons of endpoints and run.
void judge_again(Report& report, const Policy& policy);

// Whether the report says by which α it was judged; without, a proven test or finding stays proven under any.
[[nodiscard]] bool keeps_shares(const Report& report);

}  // namespace truemirror
