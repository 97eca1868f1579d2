// Sorting is by evidence and then by name, total orders, so that the same report always reads the same. (No
// stable_sort: libstdc++ 12 has it call a function that clang calls deprecated.)
#include "diff/report/view.h"

#include <algorithm>
#include <map>

#include "diff/report/arm_answers.h"
#include "diff/report/phrase.h"
#include "diff/stats/judge_test.h"

namespace truemirror {
namespace {

bool stronger(const FindingReport* a, const FindingReport* b) {
  if (a->ln_e != b->ln_e) return a->ln_e > b->ln_e;
  if (a->candidate_only != b->candidate_only) return a->candidate_only > b->candidate_only;
  return a->id < b->id;
}

int verdict_rank(Verdict verdict) { return verdict == Verdict::fail ? 0 : verdict == Verdict::inconclusive ? 1 : 2; }

bool is_readable(const FindingReport* finding) {
  const auto [example, divergence] = best_example(*finding);
  if (divergence == nullptr) return false;
  const auto hidden = [](const std::optional<std::string>& value) {
    return value && value->find("[redacted:") != std::string::npos;
  };
  return !hidden(divergence->stable) && !hidden(divergence->arm);
}

std::vector<IssueView> issues_of(std::vector<const FindingReport*> findings) {
  std::sort(findings.begin(), findings.end(), stronger);
  std::vector<IssueView> issues;
  std::map<std::string_view, std::size_t> at;  // issue → its place
  for (const FindingReport* finding : findings) {
    const std::string_view issue = finding->issue.empty() ? finding->id : finding->issue;
    const auto [known, added] = at.try_emplace(issue, issues.size());
    if (added) issues.emplace_back();
    issues[known->second].findings.push_back(finding);
  }
  for (IssueView& issue : issues) {
    auto& all = issue.findings;
    const auto readable = std::find_if(all.begin(), all.end(), is_readable);
    if (readable != all.end()) std::rotate(all.begin(), readable, readable + 1);
  }
  return issues;
}

}  // namespace

ReportView::ReportView(const Report& of) : report(of) {
  std::vector<const FindingReport*> proven_findings;
  for (const FindingReport& finding : report.findings) {
    switch (finding.status) {
      case FindingStatus::fresh:
        (finding.proven ? proven_findings : unproven).push_back(&finding);
        break;
      case FindingStatus::noise:
      case FindingStatus::suspected_noise:
        noise.push_back(&finding);
        break;
      case FindingStatus::accepted:
        accepted.push_back(&finding);
        break;
      case FindingStatus::hidden:
        hidden.push_back(&finding);
        break;
    }
  }
  proven = issues_of(std::move(proven_findings));
  std::sort(unproven.begin(), unproven.end(), stronger);

  // A divergence test that fails beside proven findings says the same again.
  const auto explained = [this](const EndpointReport& endpoint, const TestReport& test) {
    return test.metric == "divergence" && std::any_of(proven.begin(), proven.end(), [&](const IssueView& issue) {
             return issue.lead().endpoint == endpoint.endpoint;
           });
  };
  for (const EndpointReport& endpoint : report.endpoints) {
    endpoints.push_back(&endpoint);
    SlowView slow{&endpoint, {}};
    for (const TestReport& test : endpoint.tests) {
      if (test.verdict != Verdict::fail) continue;
      if (is_latency_metric(test.metric)) {
        slow.tests.push_back(&test);
      } else if (!explained(endpoint, test)) {
        failing.push_back({&endpoint, &test});
      }
    }
    if (!slow.tests.empty()) slower.push_back(std::move(slow));
  }
  std::sort(endpoints.begin(), endpoints.end(), [](const EndpointReport* a, const EndpointReport* b) {
    const int left = verdict_rank(a->verdict);
    const int right = verdict_rank(b->verdict);
    if (left != right) return left < right;
    return a->pairs != b->pairs ? a->pairs > b->pairs : a->endpoint < b->endpoint;
  });
}

std::size_t ReportView::proven_count() const {
  std::size_t count = 0;
  for (const IssueView& issue : proven) count += issue.findings.size();
  return count;
}

std::uint64_t ReportView::pairs_of(std::string_view endpoint) const {
  const auto found = std::find_if(endpoints.begin(), endpoints.end(),
                                  [&](const EndpointReport* each) { return each->endpoint == endpoint; });
  return found == endpoints.end() ? 0 : (*found)->pairs;
}

std::uint64_t ReportView::beyond_noise() const {
  std::uint64_t count = 0;
  for (const EndpointReport* endpoint : endpoints) count += diverged_beyond_noise(*endpoint);
  return count;
}

std::uint64_t ReportView::errors() const {
  std::uint64_t count = 0;
  for (const EndpointReport* endpoint : endpoints) count += endpoint->errors;
  return count;
}

std::uint64_t diverged_beyond_noise(const EndpointReport& endpoint) {
  for (const TestReport& test : endpoint.tests) {
    if (test.metric == "divergence") return test.b;
  }
  return 0;
}

std::string ReportView::headline() const {
  std::string text;
  const auto add = [&text](std::string part) { text += (text.empty() ? "" : ", ") + part; };
  if (std::string silence = silence_of(report); !silence.empty()) add(std::move(silence));
  if (!proven.empty()) {
    std::string part = phrase_count(proven_count(), "proven finding");
    if (proven.size() != proven_count()) part += " in " + phrase_count(proven.size(), "issue");
    add(part);
  }
  if (!slower.empty()) add(phrase_count(slower.size(), "slower endpoint"));
  const auto errors =
      std::count_if(failing.begin(), failing.end(), [](const TestView& view) { return view.test->metric == "errors"; });
  if (errors > 0) add(phrase_count(static_cast<std::uint64_t>(errors), "endpoint") + " with more errors");
  const auto over =
      std::count_if(failing.begin(), failing.end(), [](const TestView& view) { return view.test->budget > 0; });
  if (over > 0) add(phrase_count(static_cast<std::uint64_t>(over), "latency budget") + " exceeded");
  const auto diverging = static_cast<std::ptrdiff_t>(failing.size()) - errors - over;
  if (diverging > 0) add(phrase_count(static_cast<std::uint64_t>(diverging), "endpoint") + " with more divergences");
  if (text.empty()) add("nothing is proven against the candidate");
  if (!unproven.empty()) add(phrase_count(unproven.size()) + " unproven");
  return text;
}

std::string uncompared_words(const EndpointReport& endpoint) {
  std::string text;
  for (std::size_t at = 0; at < kUncomparedReasons; ++at) {
    const std::uint64_t candidate = endpoint.uncompared.candidate.at(at), control = endpoint.uncompared.control.at(at);
    if (candidate + control == 0) continue;
    text += (text.empty() ? "" : "; ") + std::string(to_string(uncompared_reason(at))) + " " + phrase_count(candidate) +
            (control > 0 ? ", of the control " + phrase_count(control) : "");
  }
  return text;
}

bool is_latency_metric(std::string_view metric) { return metric.starts_with("latency_"); }

double quantile_of_metric(std::string_view metric) {
  return metric == "latency_p99" ? 0.99 : metric == "latency_p90" ? 0.9 : 0.5;
}

std::string failing_test_words(const TestReport& test) {
  if (test.metric == "errors") return "the candidate fails more often than the control";
  if (test.metric == "divergence") return "the candidate diverges more often than the control";
  if (test.budget <= 0) return test.metric;
  const double share = test.n == 0 ? 0 : static_cast<double>(test.b) / static_cast<double>(test.n);
  return "the candidate's " + test.metric.substr(test.metric.find('_') + 1) + " is over its budget of " +
         phrase_seconds(test.budget) + ": " + phrase_percent(share) + " of its answers took longer, " +
         phrase_percent(allowed_over(test.metric)) + " may";
}

std::string failing_test_counts(const TestReport& test) {
  const std::string evidence = ", " + phrase_evidence(test.ln_e);
  if (test.budget > 0) return phrase_count(test.n, "answer") + evidence;
  return phrase_count(test.b) + " to " + phrase_count(test.c) + " in " + phrase_count(test.n, "pair") + evidence;
}

std::string judged_words(const JudgedBy& judged) {
  if (!(judged.alpha > 0)) return {};
  const double burst = std::chrono::duration<double>(judged.burst).count();
  std::string text = "at α = " + phrase_percent(judged.alpha) +
                     "; holds while one instance's disturbances are shorter than " + phrase_seconds(burst);
  if (!judged.templates.empty()) text += "; endpoints named by " + judged.templates;
  return text;
}

bool shows(const Divergence& divergence, const FindingReport& finding) {
  return divergence.kind == finding.kind && divergence.generalized == finding.location &&
         divergence.transition == finding.transition;
}

ExampleView best_example(const FindingReport& finding) {
  for (const Example& example : finding.examples) {
    for (const Divergence& divergence : example.divergences) {
      if (shows(divergence, finding)) return {&example, &divergence};
    }
  }
  if (finding.examples.empty()) return {};
  const Example& first = finding.examples.front();
  return {&first, first.divergences.empty() ? nullptr : &first.divergences.front()};
}

std::string answer_words(const Response& response) {
  if (!response.ok()) {
    std::string text{to_string(response.error)};
    return response.error_detail.empty() ? text : text + ": " + response.error_detail;
  }
  return std::to_string(response.status) + (response.reason.empty() ? "" : " " + response.reason);
}

}  // namespace truemirror
