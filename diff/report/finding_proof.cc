#include "diff/report/finding_proof.h"

#include "diff/report/endpoint.h"
#include "diff/report/finding_table.h"
#include "diff/stats/evidence.h"

namespace truemirror {
namespace {

bool gates(const FindingReport& finding, bool calibrated) {
  const bool open = finding.status != FindingStatus::accepted && finding.status != FindingStatus::hidden;
  return open && finding.endpoint != kOther && (calibrated || gates_uncalibrated(finding.kind));
}

// What an unproven finding is called depends on whether control shows it; without control, nobody knows any more
// whether its values were volatile, and a status of that stays.
FindingStatus status_of(const FindingReport& finding, bool calibrated) {
  if (finding.proven || !calibrated) return finding.proven ? FindingStatus::fresh : finding.status;
  return finding.control_only + finding.both > 0 ? FindingStatus::noise : FindingStatus::fresh;
}

}  // namespace

void prove_again(Report& report, double alpha) {
  std::vector<FindingReport*> tested;
  std::vector<double> ln_e;
  for (FindingReport& finding : report.findings) {
    if (!gates(finding, report.calibrated)) continue;
    tested.push_back(&finding);
    ln_e.push_back(finding.ln_e);
    finding.proven = false;
  }
  for (const std::size_t at : e_bh(ln_e, alpha / 2)) tested[at]->proven = true;
  for (FindingReport* finding : tested) finding->status = status_of(*finding, report.calibrated);
}

}  // namespace truemirror
