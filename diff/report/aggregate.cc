#include "diff/report/aggregate.h"

#include <atomic>

#include "diff/report/endpoint.h"
#include "diff/report/run_tables.h"

namespace truemirror {

// Two locks: `mutex_` of the aggregator guards the tables, `names_mutex` the names. Redaction, signatures, examples and
// the judging of a report happen outside both.
struct Aggregator::State {
  explicit State(AggregateOptions given)
      : options(std::move(given)),
        limits{.body_bytes = options.max_example_bytes, .all_bytes = options.max_examples_bytes},
        names(options.routes, options.max_endpoints),
        tables{.endpoints = EndpointTable(options.policy, options.control == ControlMode::instance),
               .findings = FindingTable(options.max_findings),
               .control_health = {},
               .candidate = {},
               .control = {},
               .rules = std::vector<RuleCount>(options.rules ? options.rules->rules().size() : 0),
               .defaults = {}} {}

  [[nodiscard]] std::string name(std::string_view method, std::string_view target) {
    const std::string safe = options.redactor->target(target);
    const std::lock_guard lock(names_mutex);
    std::string name = names.name(method, safe);
    collapses = names.version();
    return name;
  }

  // What the endpoint is called now, where a node of its path has collapsed since it was named.
  void rename(std::string& endpoint) {
    if (collapses == 0) return;
    const std::lock_guard lock(names_mutex);
    endpoint = names.current(endpoint);
    collapses = names.version();
  }

  // Brings the tables up to the names of now. Asks for mutex_.
  void rename_tables() {
    if (collapses == 0) return;
    const std::lock_guard lock(names_mutex);
    do {
      tables.renamed = names.version();
      const auto current = [this](const std::string& endpoint) { return names.current(endpoint); };
      tables.endpoints.rename(current);
      tables.findings.rename(current);
    } while (tables.renamed != names.version());
    collapses = tables.renamed;
  }

  // The block of a time, which the run's clock follows. Asks for mutex_.
  BlockIndex block(WallTime at) {
    const BlockIndex block = block_at(at.time_since_epoch(), options.policy.burst);
    tables.now = std::max(tables.now, block);
    tables.newest = std::max(tables.newest, at);
    return block;
  }

  SampleFacts take(const Comparison& comparison, const std::vector<Presence>& seen, std::vector<std::size_t>& wanted);

  const AggregateOptions options;
  const ExampleLimits limits;
  const ExampleBytes held = std::make_shared<std::atomic<std::size_t>>(0);
  const RedactLocation redact = [this](std::string_view location) { return options.redactor->target(location); };
  std::mutex names_mutex;
  EndpointNames names;
  std::atomic<std::uint64_t> collapses = 0;  // names.version(), readable without the lock
  RunTables tables;
};

// Counts one comparison. Asks for mutex_.
SampleFacts Aggregator::State::take(const Comparison& comparison, const std::vector<Presence>& seen,
                                    std::vector<std::size_t>& wanted) {
  if (tables.renamed != collapses) rename_tables();
  SampleFacts sample{.sequence = comparison.sequence, .at = comparison.at, .block = block(comparison.at)};
  sample.now = tables.now;
  sample.calibrated = options.control != ControlMode::none;
  sample.paired = (!sample.calibrated || comparison.control.has_value()) &&
                  comparison.candidate_uncompared == Uncompared::no && comparison.control_uncompared == Uncompared::no;
  sample.sparing = *held >= limits.all_bytes;

  tables.count(comparison, seen, sample, redact, wanted);
  return sample;
}

Aggregator::Aggregator(AggregateOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Aggregator::~Aggregator() = default;

std::string Aggregator::endpoint(std::string_view method, std::string_view target) {
  return state_->name(method, target);
}

namespace {

// The divergences of one signature in a sample, as its finding's example shows them.
std::vector<Divergence> own_divergences(const Comparison& comparison, const Presence& presence,
                                        const Redactor& redactor) {
  const Divergence& like = *presence.shown;
  std::vector<Divergence> own;
  for (const Divergence& each :
       presence.candidate ? comparison.candidate_divergences : comparison.control_divergences) {
    if (own.size() == ExampleSet::kDivergences) break;
    if (each.kind == like.kind && each.generalized == like.generalized && each.transition == like.transition) {
      own.push_back(make_example_divergence(each, redactor));
    }
  }
  return own;
}

}  // namespace

void Aggregator::add(Comparison& comparison) {
  State& state = *state_;
  if (comparison.endpoint.empty()) comparison.endpoint = endpoint(comparison.request.method, comparison.request.target);
  state.rename(comparison.endpoint);
  const std::vector<Presence> seen = presences(comparison);
  std::vector<std::size_t> wanted;
  SampleFacts sample;
  {
    const std::lock_guard lock(mutex_);
    sample = state.take(comparison, seen, wanted);
  }
  if (wanted.empty()) return;
  const Redactor& redactor = *state.options.redactor;
  const SharedExample example = make_example(comparison, redactor, state.limits, state.held);
  std::vector<std::vector<Divergence>> own;
  own.reserve(wanted.size());
  for (const std::size_t at : wanted) own.push_back(own_divergences(comparison, seen[at], redactor));

  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    FindingTally* finding = state.tables.findings.find(seen[wanted[i]].signature);
    if (finding) finding->examples.add(sample.sequence, burst_of(sample.block), example, std::move(own[i]));
  }
}

void Aggregator::shed(Arm account, std::string_view method, std::string_view target, WallTime at) {
  State& state = *state_;
  const bool calibrated = state.options.control != ControlMode::none;
  if (account == Arm::stable || (account == Arm::control && !calibrated)) return;
  std::string endpoint = method.empty() ? std::string(kOther) : state.name(method, target);
  const std::lock_guard lock(mutex_);
  if (state.tables.renamed != state.collapses) state.rename_tables();
  const BlockIndex block = state.block(at);
  state.tables.endpoints.shed(endpoint, account == Arm::candidate, account == Arm::control, block, state.tables.now);
  (account == Arm::candidate ? state.tables.candidate : state.tables.control).shed();
  if (calibrated) state.tables.control_health.pair(account == Arm::control);
}

Report Aggregator::report(const RunInfo& run, const Totals& totals) const {
  RunTables copy = [this] {
    const std::lock_guard lock(mutex_);
    state_->rename_tables();
    return state_->tables;
  }();
  return make_report(std::move(copy), state_->options, run, totals);
}

}  // namespace truemirror
