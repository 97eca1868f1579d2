// The report as JUnit XML, which every CI shows: a test suite a run, a test case an endpoint. What is proven is a
// failure, an endpoint without a verdict is skipped and says what it waits for. XML 1.0 cannot hold control characters
// at all, so they are spelled out before escaping.
#include <algorithm>

#include "diff/report/html_parts.h"
#include "diff/report/phrase.h"
#include "diff/report/render.h"
#include "diff/report/shown_text.h"
#include "diff/report/view.h"

namespace truemirror {
namespace {

constexpr std::size_t kValueBytes = 300;

// U+FFFE and U+FFFF are UTF-8 but no characters of XML.
std::string xml_text(std::string_view bytes) {
  std::string text = shown_text(bytes);
  for (const std::string_view bad : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (std::size_t at = text.find(bad); at != std::string::npos; at = text.find(bad, at)) text.replace(at, 3, "?");
  }
  return html_escape(text);
}

std::string failure(std::string_view type, const std::string& message, const std::string& details) {
  return "      <failure type=\"" + xml_text(type) + "\" message=\"" + xml_text(message) + "\">" + details +
         "</failure>\n";
}

std::string finding_failure(const FindingReport& finding, std::uint64_t pairs) {
  std::string details = "\nfinding " + xml_text(finding.id) + "\n";
  if (const ExampleView shown = best_example(finding); shown.example != nullptr) {
    const Request& request = shown.example->request;
    details += xml_text(request.method + " " + cut_to_columns(shown_text(request.target), 300)) + "\n";
    if (shown.divergence != nullptr) {
      const ExcerptPair pair = excerpt_of(*shown.divergence, kValueBytes);
      details += "stable:    " + (shown.divergence->stable ? xml_text(pair.stable.text()) : "(absent)") + "\n";
      details += "candidate: " + (shown.divergence->arm ? xml_text(pair.arm.text()) : "(absent)") + "\n";
    }
  }
  return failure("finding",
                 finding.location + ": " + phrase_change(finding) + ", " + phrase_frequency(finding, pairs) +
                     " pairs, " + phrase_evidence(finding.ln_e),
                 details);
}

std::string test_failure(const EndpointReport& endpoint, const TestReport& test) {
  std::string message = failing_test_words(test) + ": " + failing_test_counts(test);
  if (is_latency_metric(test.metric)) {
    const double q = quantile_of_metric(test.metric);
    const double candidate = endpoint.latency.candidate.quantile(q);
    const double control = endpoint.latency.control.quantile(q);
    message = test.metric + ": candidate " + phrase_seconds(candidate) + ", control " + phrase_seconds(control) + " " +
              phrase_ratio(candidate, control) + ", " + phrase_evidence(test.ln_e);
  }
  return failure(test.metric, message, "");
}

std::string skipped(const EndpointReport& endpoint) {
  std::string message = "inconclusive";
  std::uint64_t needed = 0;
  for (const TestReport& test : endpoint.tests) needed = std::max(needed, test.pairs_needed);
  if (needed > 0) message += ": " + phrase_count(needed, "more pair") + " needed";
  return "      <skipped message=\"" + message + "\"/>\n";
}

struct TestCase {
  std::string markup;
  bool failed = false, skipped = false;
};

TestCase test_case(const ReportView& view, const EndpointReport& endpoint) {
  std::string body;
  for (const IssueView& issue : view.proven) {
    for (const FindingReport* finding : issue.findings) {
      if (finding->endpoint == endpoint.endpoint) body += finding_failure(*finding, endpoint.pairs);
    }
  }
  for (const TestReport& test : endpoint.tests) {
    if (test.verdict == Verdict::fail) body += test_failure(endpoint, test);
  }
  TestCase made;
  made.failed = !body.empty() || endpoint.verdict == Verdict::fail;
  if (made.failed && body.empty()) body = failure("verdict", "the endpoint fails", "");
  made.skipped = !made.failed && endpoint.verdict == Verdict::inconclusive;
  if (made.skipped) body = skipped(endpoint);
  made.markup = "    <testcase classname=\"truemirror\" name=\"" + xml_text(endpoint.endpoint) + "\"";
  made.markup += body.empty() ? "/>\n" : ">\n" + body + "    </testcase>\n";
  return made;
}

}  // namespace

std::string render_junit(const Report& report) {
  const ReportView view(report);
  std::string cases;
  std::size_t failures = 0;
  std::size_t skips = 0;
  for (const EndpointReport* endpoint : view.endpoints) {
    const TestCase made = test_case(view, *endpoint);
    cases += made.markup;
    failures += made.failed ? 1 : 0;
    skips += made.skipped ? 1 : 0;
  }
  std::string seconds = "0";
  if (report.run.ended) {
    seconds = std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(*report.run.ended - report.run.started).count());
  }
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"truemirror " +
                    xml_text(report.run.id) + "\" tests=\"" + std::to_string(view.endpoints.size()) + "\" failures=\"" +
                    std::to_string(failures) + "\" skipped=\"" + std::to_string(skips) + "\" errors=\"0\" time=\"" +
                    seconds + "\" timestamp=\"" +
                    phrase_time(std::chrono::floor<std::chrono::seconds>(report.run.started)) +
                    "\">\n    <properties>\n      <property name=\"verdict\" value=\"" +
                    std::string(to_string(report.verdict)) + "\"/>\n";
  for (const std::string& reason : report.reasons) {
    out += "      <property name=\"reason\" value=\"" + xml_text(reason) + "\"/>\n";
  }
  return out + "    </properties>\n" + cases + "  </testsuite>\n</testsuites>\n";
}

}  // namespace truemirror
