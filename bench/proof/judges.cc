#include "judges.h"

#include <boost/math/distributions/normal.hpp>

#include <algorithm>
#include <cmath>

namespace truemirror::proof {
namespace {

// The first reason of a failed run without its number words: what was proven.
std::string failing(const Report& report) {
  for (const EndpointReport& endpoint : report.endpoints) {
    for (const TestReport& test : endpoint.tests) {
      if (test.verdict == Verdict::fail) return test.metric;
    }
  }
  return "finding";
}

}  // namespace

Truemirror::Truemirror(const Policy& policy)
    : tables_{.endpoints = EndpointTable(policy, true),
              .findings = FindingTable(options_.max_findings),
              .control_health = {},
              .rules = {}} {
  options_.policy = policy;
}

void Truemirror::pair(const Comparison& comparison, double now) {
  if (alarm_) return;
  const BlockIndex block = block_at(comparison.at.time_since_epoch(), options_.policy.burst);
  const bool fresh = block > tables_.now;
  tables_.now = std::max(tables_.now, block);
  ++pairs_;
  now_ = now;
  const SampleFacts sample{
      .sequence = comparison.sequence, .at = comparison.at, .block = block, .now = tables_.now, .sparing = true};
  wanted_.clear();
  tables_.count(
      comparison, presences(comparison), sample, [](std::string_view at) { return std::string(at); }, wanted_);
  if (fresh) look();
}

void Truemirror::end() {
  if (alarm_) return;
  tables_.endpoints.settle_all();
  tables_.findings.settle_all();
  look();
}

Report Truemirror::report(bool ended) const {
  RunInfo run;
  if (ended) run.ended = WallTime{};
  return make_report(tables_, options_, run, {});
}

void Truemirror::look() {
  tables_.endpoints.settle(tables_.now);
  tables_.findings.settle(tables_.now);
  bool due = false;
  for (const auto& [name, endpoint] : tables_.endpoints.all()) {
    due = due || endpoint.divergence.proven() || endpoint.errors_test.proven();
    for (const PairTest& test : endpoint.latency_tests) due = due || test.proven();
  }
  // No finding can be proven while all are below the least bar that e-BH knows.
  const double least = -std::log(options_.policy.alpha / 2);
  for (const auto& [key, finding] : tables_.findings.all()) due = due || finding.blocks.ln_e() >= least;
  if (!due) return;
  const Report now = report(false);
  if (now.verdict == Verdict::fail) alarm_ = Alarm{pairs_, now_, failing(now)};
}

bool Diffy::Field::shown() const {
  if (raw <= noise) return false;
  const auto difference = static_cast<double>(raw - noise);
  return difference / static_cast<double>(raw + noise) > 0.20 && difference / static_cast<double>(*total) > 0.0003;
}

void Diffy::count(const Comparison& comparison, bool candidate) {
  for (const Divergence& divergence : candidate ? comparison.candidate_divergences : comparison.control_divergences) {
    key_.assign(comparison.endpoint).append(1, ' ').append(divergence.generalized);
    Field& field = fields_[key_];
    const std::uint64_t mark = 2 * pairs_ + (candidate ? 1 : 0);
    if (field.last == mark) continue;  // once a pair and arm
    field.last = mark;
    field.total = &totals_[comparison.endpoint];
    ++(candidate ? field.raw : field.noise);
    touched_.push_back(&field);
  }
}

void Diffy::pair(const Comparison& comparison, double now) {
  ++pairs_;
  ++totals_[comparison.endpoint];
  touched_.clear();
  count(comparison, false);
  count(comparison, true);
  if (alarm_ || pairs_ < kFirstLook) return;
  for (const Field* field : touched_) {
    if (!alarm_ && field->shown()) alarm_ = Alarm{pairs_, now, "field"};
  }
}

bool Diffy::shows() const {
  return std::any_of(fields_.begin(), fields_.end(), [](const auto& field) { return field.second.shown(); });
}

void MannWhitney::Counts::add(std::size_t bin) {
  for (std::size_t i = bin + 1; i <= kBins; i += i & (~i + 1)) ++tree_[i];
}

std::uint64_t MannWhitney::Counts::below(std::size_t bin) const {
  std::uint64_t sum = 0;
  for (std::size_t i = bin; i > 0; i -= i & (~i + 1)) sum += tree_[i];
  return sum;
}

double MannWhitney::Ranks::z() const {
  const auto size = static_cast<double>(n);
  return (u - size * size / 2) / std::sqrt(size * size * (2 * size + 1) / 12);
}

MannWhitney::MannWhitney(double alpha, std::size_t endpoints)
    : bar_(boost::math::quantile(
          boost::math::complement(boost::math::normal(), alpha / static_cast<double>(endpoints)))) {}

void MannWhitney::pair(const Comparison& comparison, double now) {
  ++pairs_;
  const auto bin = [](const Response& response) {
    const double seconds = std::chrono::duration<double>(response.latency()).count();
    return static_cast<std::size_t>(std::clamp((std::log2(seconds) + 16) * 256, 0.0, static_cast<double>(kBins - 1)));
  };
  Ranks& ranks = endpoints_[comparison.endpoint];
  const auto half = [](const Counts& counts, std::size_t at) {
    return static_cast<double>(counts.below(at) + counts.below(at + 1)) / 2;
  };
  const std::size_t candidate = bin(comparison.candidate), control = bin(*comparison.control);
  ranks.u += half(ranks.control, candidate);
  ranks.candidate.add(candidate);
  ++ranks.n;
  ranks.u += static_cast<double>(ranks.n) - half(ranks.candidate, control);
  ranks.control.add(control);
  if (!alarm_ && ranks.n >= kFirstLook && ranks.z() > bar_) alarm_ = Alarm{pairs_, now, "latency"};
}

bool MannWhitney::rejects() const {
  return std::any_of(endpoints_.begin(), endpoints_.end(), [this](const auto& each) { return each.second.z() > bar_; });
}

}  // namespace truemirror::proof
