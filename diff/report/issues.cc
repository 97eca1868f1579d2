#include "diff/report/issues.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace truemirror {
namespace {

constexpr std::size_t kLowest = 4, kMaxCompared = 16;

std::uint64_t occurrences(const FindingReport& finding) {
  return finding.candidate_only + finding.control_only + finding.both;
}

bool leads(const FindingReport& a, const FindingReport& b) {
  const auto rank = [](const FindingReport& f) {
    const bool cause = f.kind == Kind::status || f.kind == Kind::arm_error;
    return std::tuple(!cause, ~occurrences(f), f.location.size(), std::string_view(f.id));
  };
  return rank(a) < rank(b);
}

}  // namespace

void group_issues(std::vector<FindingReport>& findings, const std::vector<const SampleSketch*>& sketches) {
  std::vector<std::size_t> order(findings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return leads(findings[a], findings[b]); });

  // Two sets with a Jaccard index of 0.9 share one of their four lowest hashes, but for one case in thousands.
  using Group = std::tuple<std::string_view, FindingStatus, bool, std::uint64_t>;
  std::map<Group, std::vector<std::size_t>> leaders;
  for (const std::size_t at : order) {
    FindingReport& finding = findings[at];
    const std::vector<std::uint64_t>& hashes = sketches[at]->hashes();
    const std::size_t lowest = std::min(kLowest, hashes.size());
    finding.issue = finding.id;
    std::size_t compared = 0;
    for (std::size_t i = 0; i < lowest && finding.issue == finding.id; ++i) {
      for (const std::size_t leader : leaders[{finding.endpoint, finding.status, finding.proven, hashes[i]}]) {
        if (++compared > kMaxCompared) break;
        if (jaccard(*sketches[leader], *sketches[at]) < kSameSamples) continue;
        finding.issue = findings[leader].id;
        break;
      }
    }
    if (finding.issue != finding.id) continue;
    for (std::size_t i = 0; i < lowest; ++i) {
      leaders[{finding.endpoint, finding.status, finding.proven, hashes[i]}].push_back(at);
    }
  }
}

}  // namespace truemirror
