// What the counts and the evidence of one test come to, under its share of the error budget and its tolerance: excess,
// bound, verdict, and the pairs that it still needs. Live and for a stored report alike, so that another α or another
// tolerance judges a stored test exactly as it would have judged the run. Pure.
#pragma once

#include "diff/stats/verdict.h"

namespace truemirror {

// Reads metric, counts, evidence, share, peak, clustering and tolerance; sets excess, upper, pairs_needed and verdict.
void judge_test(TestReport& test);

// 1 − q of `budget_p50`, `budget_p90`, `budget_p99`; 0 for every other metric.
[[nodiscard]] double allowed_over(std::string_view metric);

}  // namespace truemirror
