// The findings of a run: who shows a signature how often, the block evidence in that, and examples (design.md §8, §9).
// At most `max_findings` signatures; what exceeds them is counted in one finding at `(other)`, which proves nothing.
// A value that can be copied: a report is made from a copy. Its owner locks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "diff/comparison.h"
#include "diff/report/example.h"
#include "diff/report/sample_sketch.h"
#include "diff/report/signature.h"
#include "diff/stats/blocks.h"

namespace truemirror {

// One signature in one sample: which arms show it, and whether openly or under a rule that hides or accepts it.
struct Presence {
  Signature signature = 0;
  const Divergence* shown = nullptr;  // one of them: the candidate's, else control's
  bool candidate = false, candidate_open = false, control = false, control_open = false;
  bool accepted = false;       // by a rule, in either arm
  bool volatile_class = true;  // every transition stays within one volatile class (§8, uncalibrated)
};

// All signatures of a comparison, each once, in order of signature. Allocates nothing where there is no divergence.
[[nodiscard]] std::vector<Presence> presences(const Comparison& comparison);

// Without control only these kinds gate (§8): no honest noise looks like them.
[[nodiscard]] bool gates_uncalibrated(Kind kind);

// The sample that is being counted.
struct SampleFacts {
  std::uint64_t sequence = 0;
  WallTime at{};
  BlockIndex block = 0, now = 0;  // of the sample; the newest of the run
  bool calibrated = true;         // the run has a control
  bool paired = true;             // both arms were asked, or the run has no control
  bool sparing = false;           // memory for examples is used up: a finding that has one wants no other
};

struct ShowCounts {
  std::uint64_t candidate_only = 0, control_only = 0, both = 0;
  void count(bool candidate, bool control);
  [[nodiscard]] std::uint64_t all() const { return candidate_only + control_only + both; }
};

struct FindingTally {
  Signature signature = 0;
  std::string endpoint, location, transition;
  Kind kind = Kind::value;
  ShowCounts open, ruled;  // samples in which no rule covers it; samples in which one does, in every arm that shows it
  bool accepted = false;
  bool volatile_class = true;
  BlockEvidence blocks;  // of open
  WallTime first_seen{}, last_seen{};
  SampleSketch samples;
  ExampleSet examples;

  [[nodiscard]] bool control_shows() const { return open.control_only + open.both > 0; }
  void absorb(const FindingTally& other);  // keeps its own evidence
};

// Makes a location safe to keep; asked once for each new finding.
using RedactLocation = std::function<std::string(std::string_view)>;

class FindingTable {
 public:
  explicit FindingTable(std::size_t max_findings) : max_findings_(max_findings) {}

  // What one sample's signatures make of its pair in the endpoint's divergence test.
  struct Badness {
    bool candidate = false, control = false;
  };
  // Counts the signatures of one sample. Adds to `wanted` the places in `seen` whose finding would keep the sample as
  // an example.
  [[nodiscard]] Badness take(const std::vector<Presence>& seen, const std::string& endpoint, const SampleFacts& sample,
                             const RedactLocation& redact, std::vector<std::size_t>& wanted);
  [[nodiscard]] FindingTally* find(Signature signature);

  // Endpoints were renamed: findings move along, and those that become one are merged.
  void rename(const std::function<std::string(const std::string&)>& current);
  void settle(BlockIndex now);
  void settle_all();

  [[nodiscard]] const std::unordered_map<Signature, FindingTally>& all() const { return findings_; }

 private:
  static void count(FindingTally& finding, const Presence& presence, const SampleFacts& sample, Badness& bad);
  FindingTally* at(const Presence& presence, const std::string& endpoint, const SampleFacts& sample,
                   const RedactLocation& redact);
  FindingTally& other(const SampleFacts& sample);
  std::size_t max_findings_;
  std::unordered_map<Signature, FindingTally> findings_;
};

// The finding that stands for what exceeds the cap.
[[nodiscard]] Signature other_signature();

}  // namespace truemirror
