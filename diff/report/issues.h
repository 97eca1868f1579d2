// Findings that occur on the same samples are one issue (design.md §9): one field that became null is not three
// findings to a reader because a length and a checksum changed with it.
#pragma once

#include <string>
#include <vector>

#include "diff/report/report.h"
#include "diff/report/sample_sketch.h"

namespace truemirror {

inline constexpr double kSameSamples = 0.9;  // Jaccard index from which on findings are one issue

// Sets `issue` of each finding to the id of the finding that leads its group, its own where it stands alone. Only
// findings of one endpoint, status and proof are grouped; a status or an error leads, then what occurs most often.
// sketches[i] belongs to findings[i]. Compares each finding with at most 16 leaders, those that share one of its lowest
// hashes: O(n log n).
void group_issues(std::vector<FindingReport>& findings, const std::vector<const SampleSketch*>& sketches);

}  // namespace truemirror
