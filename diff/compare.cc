#include "diff/compare.h"

#include <algorithm>

#include "diff/body.h"
#include "diff/headers.h"
#include "diff/sink.h"

namespace truemirror {
namespace {

constexpr std::size_t kDeepest = 1000;  // the walk over JSON recurses: this fits the smallest thread stack in use

constexpr std::size_t kKeptValues = 128 << 10;  // of 28 bytes: what a document of 1 to 3 MiB has

BodyLimits limits_of(const CompareOptions& options, std::string_view endpoint, const Request& request) {
  BodyLimits limits{options.max_decoded_bytes, options.align_budget, {}};
  limits.json.max_depth = std::min(options.max_depth, kDeepest);
  if (options.rules != nullptr) limits.protobuf = options.rules->answer_of(endpoint, request.target);
  return limits;
}

// Documents are parsed into memory that the thread keeps from one comparison to the next: asking for megabytes anew
// each time costs more in page faults than parsing does.
struct Workspace {
  JsonDocument stable, arm;
  // An unusual document leaves nothing behind.
  void trim() {
    stable.keep(kKeptValues);
    arm.keep(kKeptValues);
  }
};
Workspace& workspace() {
  thread_local Workspace own;
  return own;
}

// What a response came to: its error where there is one, else its status.
std::string outcome(const Response& response) {
  return response.ok() ? std::to_string(response.status) : std::string(to_string(response.error));
}
std::string outcome_json(const Response& response) {
  return response.ok() ? std::to_string(response.status) : '"' + std::string(to_string(response.error)) + '"';
}

// The client of a stable that failed was answered by the proxy itself, with a 502 to 504: an arm that failed the same
// way, or that answered with that status, did no other thing.
bool failed_alike(const Response& stable, const Response& arm) {
  if (stable.ok()) return false;
  return arm.ok() ? stable.status >= 500 && arm.status == stable.status : arm.error == stable.error;
}

void diff_outcomes(const Response& stable, const Response& arm, DivergenceSink& sink) {
  Location at("status");
  const auto fill = [&](Divergence& divergence) {
    divergence.stable = outcome_json(stable);
    divergence.arm = outcome_json(arm);
  };
  if (!arm.ok()) return sink.add(at, Kind::arm_error, std::string(to_string(arm.error)), fill);
  sink.add(at, Kind::status, transition_of(outcome(stable), outcome(arm)), fill);
}

bool has_no_content(const Request& request, int status) {
  return request.method == "HEAD" || status == 304 || status == 204;
}

struct ArmDiff {
  std::vector<Divergence> divergences;
  DefaultRules defaults_hidden = 0;
};

// Adds what differs to the sink.
void diff_into(DivergenceSink& sink, const Request& request, const Response& stable, PreparedBody& stable_body,
               const Response& arm, const CompareOptions& options, const BodyLimits& limits) {
  if (failed_alike(stable, arm)) return;
  const bool same_outcome = stable.ok() && arm.ok() && stable.status == arm.status;
  if (!same_outcome) diff_outcomes(stable, arm, sink);
  if (!stable.ok() || !arm.ok()) return;
  HeaderScope scope;
  scope.defaults = options.rules == nullptr || options.rules->defaults();
  scope.bodies_compared = !has_no_content(request, stable.status);
  scope.status_differs = !same_outcome;
  diff_headers(stable.headers, arm.headers, scope, sink);
  if (!same_outcome) return;
  diff_trailers(stable.trailers, arm.trailers, sink);
  PreparedBody arm_body(arm, limits, workspace().arm);
  diff_bodies(stable_body, arm_body, limits, sink);
}

ArmDiff diff_prepared(const Request& request, const Response& stable, PreparedBody& stable_body, const Response& arm,
                      const CompareOptions& options, const BodyLimits& limits, std::string_view endpoint, WallTime at) {
  DivergenceSink sink(options.rules.get(), endpoint, options.max_divergences, at);
  sink.answers(request);
  if (options.list_defaults) sink.list_defaults();
  diff_into(sink, request, stable, stable_body, arm, options, limits);
  return {sink.take(), sink.defaults_hidden()};
}

}  // namespace

void compare(Comparison& comparison, const CompareOptions& options) {
  const BodyLimits limits = limits_of(options, comparison.endpoint, comparison.request);
  PreparedBody stable_body(comparison.stable, limits,
                           workspace().stable);  // both arms compare with it, so it is parsed once
  const auto against = [&](const Response& arm) {
    return diff_prepared(comparison.request, comparison.stable, stable_body, arm, options, limits, comparison.endpoint,
                         comparison.at);
  };
  const auto why_not = [&](const Response& arm, bool issued) {
    return why_uncompared(comparison.request, comparison.stable, arm, issued);
  };
  comparison.candidate_uncompared = why_not(comparison.candidate, comparison.candidate_issued);
  ArmDiff candidate;
  if (comparison.candidate_uncompared == Uncompared::no) candidate = against(comparison.candidate);
  comparison.candidate_divergences = std::move(candidate.divergences);
  comparison.candidate_defaults = candidate.defaults_hidden;
  comparison.control_divergences.clear();
  comparison.control_uncompared = Uncompared::no;
  if (comparison.control) {
    comparison.control_uncompared = why_not(*comparison.control, comparison.control_issued);
    if (comparison.control_uncompared == Uncompared::no)
      comparison.control_divergences = against(*comparison.control).divergences;
  }
  workspace().trim();
}

std::vector<Divergence> diff_responses(const Request& request, const Response& stable, const Response& arm,
                                       const CompareOptions& options, std::string_view endpoint) {
  const BodyLimits limits = limits_of(options, endpoint, request);
  PreparedBody stable_body(stable, limits, workspace().stable);
  std::vector<Divergence> found =
      diff_prepared(request, stable, stable_body, arm, options, limits, endpoint, {}).divergences;
  workspace().trim();
  return found;
}

}  // namespace truemirror
