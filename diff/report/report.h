// The report document of design.md §10, as values. Made by the aggregator (live) or loaded from report.db (store.h);
// everything that prints, judges or serves a report reads this and nothing else. All texts in it are redacted already.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/comparison.h"
#include "diff/stats/histogram.h"
#include "diff/stats/verdict.h"

namespace truemirror {

struct RunInfo {
  std::string id;
  WallTime started{};
  std::optional<WallTime> ended;
  std::string source;  // serve | replay | diff
  std::string version;
  std::string stable, candidate, control;  // URLs, or `recorded`; control empty where there is none
};

struct Totals {
  std::uint64_t requests = 0, sampled = 0, compared = 0, diverged = 0, in_flight = 0;
  std::map<std::string, std::uint64_t> dropped;  // reason → samples
};

struct LatencySummary {
  Histogram stable, candidate, control;  // seconds
};

// Samples in which an arm was not compared, by uncompared_reason(). They are in no pair.
struct UncomparedCounts {
  std::array<std::uint64_t, kUncomparedReasons> candidate{}, control{};
};

struct EndpointReport {
  std::string endpoint;
  std::uint64_t pairs = 0, diverged = 0, errors = 0;
  Verdict verdict = Verdict::inconclusive;
  std::vector<TestReport> tests;
  LatencySummary latency;
  UncomparedCounts uncompared;
};

enum class FindingStatus : std::uint8_t { fresh, noise, suspected_noise, accepted, hidden };  // fresh prints as `new`
[[nodiscard]] std::string_view to_string(FindingStatus status);

// One sample that shows a finding: redacted, bodies cut at the example limit.
struct Example {
  std::uint64_t sequence = 0;
  Request request;
  Response stable;
  Response candidate;
  std::optional<Response> control;
  std::vector<Divergence> divergences;
};

struct FindingReport {
  std::string id;                  // 16 hex digits of the signature
  std::string endpoint, location;  // location is generalized
  Kind kind = Kind::value;
  std::string transition;
  FindingStatus status = FindingStatus::fresh;
  bool proven = false;
  std::uint64_t candidate_only = 0, control_only = 0, both = 0, blocks_b = 0, blocks_c = 0;
  double ln_e = 0;
  WallTime first_seen{}, last_seen{};
  std::vector<Example> examples;
  std::string issue;  // id of the finding it always occurs with (design.md §9); its own id where it stands alone
};

// What a default header rule is called among the rules: `default: date`.
inline constexpr std::string_view kDefaultRuleMark = "default: ";

struct RuleUse {
  std::string rule, reason;  // as the rules file says it
  std::uint64_t hidden = 0, accepted = 0;
  bool expired = false;
};

// What a run was judged by, for those who read its verdict or judge it again; α is 0 where a report does not know.
struct JudgedBy {
  double alpha = 0;
  std::chrono::milliseconds burst{0};  // evidence holds while one instance's disturbances are shorter
  std::size_t control_failures = 0;    // of control's last 1,000 pairs (ControlHealth)
  std::string templates;  // where endpoint names came from: `openapi.yaml 0f3c…, 12 templates`; may be empty
};

// How an arm answered, over the whole run (arm_answers.h).
struct ArmAnswers {
  std::uint64_t asked = 0, answered = 0;  // samples; those shed on its account count as asked
  std::uint64_t unanswered = 0;           // of the newest, how many in a row
  bool silent = false;                    // it answers nothing, or nothing any more
  std::string error;                      // its last one, for people
};

struct Report {
  RunInfo run;
  JudgedBy judged;
  Verdict verdict = Verdict::inconclusive;
  bool calibrated = true;
  std::vector<std::string> reasons;
  Totals totals;
  ArmAnswers candidate, control;
  std::vector<EndpointReport> endpoints;
  std::vector<FindingReport> findings;
  std::vector<RuleUse> rules;
};

}  // namespace truemirror
