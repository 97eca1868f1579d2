// A report sorted for people: what is proven first, what is not apart, noise last. The text, markdown, HTML and JUnit
// renderings all show this view, so that they agree on what matters. Pointers are into the report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diff/report/report.h"

namespace truemirror {

// Findings that occur on the same samples, the strongest first; but one whose values redaction hides leads no other.
struct IssueView {
  std::vector<const FindingReport*> findings;
  [[nodiscard]] const FindingReport& lead() const { return *findings.front(); }
};

struct TestView {
  const EndpointReport* endpoint;
  const TestReport* test;
};

// A latency test that failed: with the other quantiles of its endpoint.
struct SlowView {
  const EndpointReport* endpoint;
  std::vector<const TestReport*> tests;
};

struct ReportView {
  explicit ReportView(const Report& of);

  const Report& report;
  std::vector<IssueView> proven;               // new and proven
  std::vector<const FindingReport*> unproven;  // new, not proven
  std::vector<const FindingReport*> noise;     // noise and suspected noise
  std::vector<const FindingReport*> accepted, hidden;
  std::vector<SlowView> slower;                  // endpoints with a latency test that failed
  std::vector<TestView> failing;                 // other tests that failed: errors, divergence
  std::vector<const EndpointReport*> endpoints;  // failed first, then by pairs

  [[nodiscard]] std::size_t proven_count() const;
  // Pairs of the endpoint of that name, 0 where there is none.
  [[nodiscard]] std::uint64_t pairs_of(std::string_view endpoint) const;
  // Over all endpoints.
  [[nodiscard]] std::uint64_t beyond_noise() const;
  [[nodiscard]] std::uint64_t errors() const;
  // "7 proven findings, 1 slower endpoint" or, where nothing is proven, what is. An arm that answers nothing leads. Not
  // escaped for any format.
  [[nodiscard]] std::string headline() const;
};

// `revalidation 12, of the control 3`: samples in which an arm was not compared; empty where there are none.
[[nodiscard]] std::string uncompared_words(const EndpointReport& endpoint);

// Samples of the endpoint where the candidate diverges and noise does not explain it: `b` of its divergence test. The
// report's `diverged` counts noise as well, which makes it all samples where each answer has an id of its own.
[[nodiscard]] std::uint64_t diverged_beyond_noise(const EndpointReport& endpoint);

[[nodiscard]] bool is_latency_metric(std::string_view metric);
// The quantile of `latency_p99` as a fraction and as a word; 0.5 for what is unknown.
[[nodiscard]] double quantile_of_metric(std::string_view metric);
// `errors` and the like in words: "more errors than the control".
[[nodiscard]] std::string failing_test_words(const TestReport& test);
// `40 to 2 in 3,120 pairs, E = 3.2e14`.
[[nodiscard]] std::string failing_test_counts(const TestReport& test);
// `at α = 1 %; holds while one instance's disturbances are shorter than 1 s`; empty where the report does not know.
[[nodiscard]] std::string judged_words(const JudgedBy& judged);
// The example to show and the divergence in it that is this finding; null where there is none.
struct ExampleView {
  const Example* example = nullptr;
  const Divergence* divergence = nullptr;
};
[[nodiscard]] ExampleView best_example(const FindingReport& finding);
// An example of the finding with its divergences, those of the finding first.
[[nodiscard]] bool shows(const Divergence& divergence, const FindingReport& finding);
// One line on what an arm answered: `200 OK`, `timeout: …`.
[[nodiscard]] std::string answer_words(const Response& response);

}  // namespace truemirror
