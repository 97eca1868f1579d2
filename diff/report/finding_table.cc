#include "diff/report/finding_table.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "diff/report/endpoint.h"

namespace truemirror {
namespace {

bool within_volatile_class(const Divergence& divergence) {
  static constexpr std::array<std::string_view, 7> kVolatile{"uuid",  "ulid", "timestamp", "epoch",
                                                             "token", "hash", "jwt"};
  return divergence.kind == Kind::value && divergence.from_class == divergence.to_class &&
         std::find(kVolatile.begin(), kVolatile.end(), divergence.to_class) != kVolatile.end();
}

// Joins two of the same signature in the same sample; `into` is the one to show.
void join(Presence& into, const Presence& more) {
  into.candidate = into.candidate || more.candidate;
  into.candidate_open = into.candidate_open || more.candidate_open;
  into.control = into.control || more.control;
  into.control_open = into.control_open || more.control_open;
  into.accepted = into.accepted || more.accepted;
  into.volatile_class = into.volatile_class && more.volatile_class;
}

void collect(const Comparison& comparison, const std::vector<Divergence>& divergences, bool candidate,
             std::vector<Presence>& into) {
  for (const Divergence& divergence : divergences) {
    const bool open = divergence.disposition == Disposition::open;
    Presence presence;
    presence.signature = signature(comparison.endpoint, divergence.generalized, divergence.kind, divergence.transition);
    presence.shown = &divergence;
    (candidate ? presence.candidate : presence.control) = true;
    (candidate ? presence.candidate_open : presence.control_open) = open;
    presence.accepted = divergence.disposition == Disposition::accepted;
    presence.volatile_class = within_volatile_class(divergence);
    into.push_back(presence);
  }
}

}  // namespace

std::vector<Presence> presences(const Comparison& comparison) {
  std::vector<Presence> all;
  if (comparison.candidate_divergences.empty() && comparison.control_divergences.empty()) return all;
  all.reserve(comparison.candidate_divergences.size() + comparison.control_divergences.size());
  collect(comparison, comparison.candidate_divergences, true, all);
  collect(comparison, comparison.control_divergences, false, all);
  // The candidate's divergence before control's, and in the order of their lists (stable_sort is deprecated inside
  // libstdc++ 12 for clang).
  std::sort(all.begin(), all.end(), [](const Presence& a, const Presence& b) {
    if (a.signature != b.signature) return a.signature < b.signature;
    return a.candidate != b.candidate ? a.candidate : std::less<>()(a.shown, b.shown);
  });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].signature == all[kept].signature) {
      join(all[kept], all[i]);
    } else {
      all[++kept] = all[i];
    }
  }
  all.resize(kept + 1);
  return all;
}

bool gates_uncalibrated(Kind kind) {
  return kind == Kind::status || kind == Kind::type || kind == Kind::missing || kind == Kind::malformed ||
         kind == Kind::arm_error;
}

void ShowCounts::count(bool candidate, bool control) {
  ++(candidate ? (control ? both : candidate_only) : control_only);
}

void FindingTally::absorb(const FindingTally& other) {
  const auto add = [](ShowCounts& into, const ShowCounts& more) {
    into.candidate_only += more.candidate_only;
    into.control_only += more.control_only;
    into.both += more.both;
  };
  add(open, other.open);
  add(ruled, other.ruled);
  accepted = accepted || other.accepted;
  volatile_class = volatile_class && other.volatile_class;
  first_seen = std::min(first_seen, other.first_seen);
  last_seen = std::max(last_seen, other.last_seen);
  samples.merge(other.samples);
  examples.absorb(other.examples);
}

Signature other_signature() {
  static const Signature other = signature(kOther, kOther, Kind::value, kOther);
  return other;
}

FindingTable::Badness FindingTable::take(const std::vector<Presence>& seen, const std::string& endpoint,
                                         const SampleFacts& sample, const RedactLocation& redact,
                                         std::vector<std::size_t>& wanted) {
  Badness bad;
  Presence overflow;
  overflow.signature = other_signature();
  for (std::size_t i = 0; i < seen.size(); ++i) {
    FindingTally* finding = at(seen[i], endpoint, sample, redact);
    if (!finding) {
      overflow.shown = seen[i].shown;
      join(overflow, seen[i]);
      continue;
    }
    count(*finding, seen[i], sample, bad);
    const bool spare = sample.sparing && !finding->examples.empty();
    if (!spare && finding->examples.wants(sample.sequence, burst_of(sample.block))) wanted.push_back(i);
  }
  if (overflow.shown) count(other(sample), overflow, sample, bad);
  return bad;
}

// One signature in one sample, into its finding and into the sample's badness.
void FindingTable::count(FindingTally& finding, const Presence& presence, const SampleFacts& sample, Badness& bad) {
  const bool candidate = presence.candidate_open, control = presence.control_open;
  if (candidate != control && sample.paired && !finding.control_shows() &&
      (sample.calibrated || gates_uncalibrated(finding.kind))) {
    (candidate ? bad.candidate : bad.control) = true;
  }
  if (candidate || control) {
    finding.open.count(candidate, control);
    finding.volatile_class = finding.volatile_class && presence.volatile_class;
  } else {
    finding.ruled.count(presence.candidate, presence.control);
    finding.accepted = finding.accepted || presence.accepted;
  }
  if (candidate != control && sample.paired) {
    candidate ? finding.blocks.candidate_only(sample.block, sample.now)
              : finding.blocks.control_only(sample.block, sample.now);
    while (finding.blocks.settle_one(sample.now)) {
    }
  }
  finding.first_seen = std::min(finding.first_seen, sample.at);
  finding.last_seen = std::max(finding.last_seen, sample.at);
  finding.samples.add(sample_hash(sample.sequence));
}

FindingTally* FindingTable::find(Signature signature) {
  const auto found = findings_.find(signature);
  return found == findings_.end() ? nullptr : &found->second;
}

// The finding of a signature, made where it is new; null where there is no room for it.
FindingTally* FindingTable::at(const Presence& presence, const std::string& endpoint, const SampleFacts& sample,
                               const RedactLocation& redact) {
  if (FindingTally* found = find(presence.signature)) return found;
  if (findings_.size() >= max_findings_) return nullptr;
  FindingTally& made = findings_[presence.signature];
  made.signature = presence.signature;
  made.endpoint = endpoint;
  made.location = redact(presence.shown->generalized);
  made.kind = presence.shown->kind;
  made.transition = presence.shown->transition;
  made.first_seen = made.last_seen = sample.at;
  return &made;
}

FindingTally& FindingTable::other(const SampleFacts& sample) {
  if (FindingTally* found = find(other_signature())) return *found;
  FindingTally& made = findings_[other_signature()];
  made.signature = other_signature();
  made.endpoint = made.location = made.transition = kOther;
  made.first_seen = made.last_seen = sample.at;
  return made;
}

void FindingTable::rename(const std::function<std::string(const std::string&)>& current) {
  std::vector<FindingTally> moved;
  for (auto at = findings_.begin(); at != findings_.end();) {
    std::string now = current(at->second.endpoint);
    if (now == at->second.endpoint) {
      ++at;
      continue;
    }
    moved.push_back(std::move(at->second));
    moved.back().endpoint = std::move(now);
    at = findings_.erase(at);
  }
  // The one seen first keeps its evidence, whatever order the table has them in.
  std::sort(moved.begin(), moved.end(), [](const FindingTally& a, const FindingTally& b) {
    return std::tie(a.first_seen, a.signature) < std::tie(b.first_seen, b.signature);
  });
  for (FindingTally& finding : moved) {
    finding.signature = signature(finding.endpoint, finding.location, finding.kind, finding.transition);
    if (FindingTally* there = find(finding.signature)) {
      there->absorb(finding);
    } else {
      findings_.emplace(finding.signature, std::move(finding));
    }
  }
}

void FindingTable::settle(BlockIndex now) {
  for (auto& [key, finding] : findings_) {
    while (finding.blocks.settle_one(now)) {
    }
  }
}

void FindingTable::settle_all() {
  for (auto& [key, finding] : findings_) finding.blocks.settle_all();
}

}  // namespace truemirror
