// The questions that are put to the judges, each answered by a table in Markdown and rows for the plot.
#pragma once

#include <cstdint>
#include <ostream>

namespace truemirror::proof {

struct Plan {
  int runs = 1000;         // of each row about false alarms; other rows take a part of it
  std::uint64_t seed = 1;  // of the first run; the next takes the next
};

// Both arms are the same software: how many runs accuse the candidate at any look?
void false_alarms(const Plan& plan, std::ostream& table, std::ostream& series);
// The candidate is worse than tolerated: how many runs pass it at any look? And how soon does an equal one pass?
void false_passes(const Plan& plan, std::ostream& table);
// After how many pairs and seconds is a regression found?
void detections(const Plan& plan, std::ostream& table, std::ostream& series);

}  // namespace truemirror::proof
