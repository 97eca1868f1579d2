// The report for a comment on a pull request: what is proven, with an example each; the rest in numbers. Traffic is
// text in it: markup, mentions and table bars are taken apart, values stand in code spans that nothing in them can
// close.
#include <algorithm>

#include "diff/report/arm_answers.h"
#include "diff/report/phrase.h"
#include "diff/report/render.h"
#include "diff/report/shown_text.h"
#include "diff/report/view.h"

namespace truemirror {
namespace {

constexpr std::size_t kIssues = 50, kUnproven = 10, kEndpoints = 100, kValueBytes = 120;

// Every ASCII character of punctuation may be escaped in CommonMark; `<`, `>` and `&` as entities, so that no HTML
// filter sees a tag, and `@` and `#` so that a value neither mentions a person nor links an issue.
std::string markdown_text(std::string_view bytes) {
  std::string out;
  for (const char c : shown_text(bytes)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '@':
        out += "&#64;";
        break;
      case '#':
        out += "&#35;";
        break;
      case ':':  // no autolink
        out += "&#58;";
        break;
      default:
        if (std::string_view("\\`*_[]()!|~$").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
  }
  return out;
}

// A code span: its fence is longer than any run of backticks within. Bars end a table's cell even in code, so they are
// written as the letter that looks like one.
std::string markdown_code(std::string_view bytes) {
  std::string text = shown_text(bytes);
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at)) text.replace(at, 1, "ǀ");
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  const bool pad = text.empty() || text.front() == '`' || text.back() == '`' || text.front() == ' ';
  return fence + (pad ? " " : "") + text + (pad ? " " : "") + fence;
}

std::string verdict_line(const ReportView& view) {
  const Report& report = view.report;
  const std::string_view sign = report.verdict == Verdict::pass   ? "✅ **pass**"
                                : report.verdict == Verdict::fail ? "❌ **fail**"
                                                                  : "❔ **inconclusive**";
  // An arm that answers nothing is the first that is read.
  const std::string silence = silence_of(report);
  return "## truemirror: " + std::string(sign) + (silence.empty() ? "" : ": " + markdown_text(silence)) + "\n\n" +
         markdown_text(view.headline()) + (report.calibrated ? "" : " (uncalibrated: no control)") + "\n\n";
}

std::string value_cell(const std::optional<std::string>& value, const Excerpt& excerpt) {
  return value ? markdown_code(excerpt.text()) : "*absent*";
}

std::string proven_table(const ReportView& view) {
  if (view.proven.empty()) return {};
  std::string out =
      "### Proven\n\n| endpoint | location | what | pairs | evidence | stable | candidate | id |\n"
      "|---|---|---|--:|--:|---|---|---|\n";
  for (std::size_t at = 0; at < std::min(kIssues, view.proven.size()); ++at) {
    for (const FindingReport* finding : view.proven[at].findings) {
      const ExampleView example = best_example(*finding);
      const ExcerptPair pair =
          example.divergence == nullptr ? ExcerptPair{} : excerpt_of(*example.divergence, kValueBytes);
      const bool known = example.divergence != nullptr;
      out += "| " + markdown_text(finding->endpoint) + " | " + markdown_code(finding->location) + " | " +
             markdown_text(phrase_change(*finding)) + " | " +
             phrase_frequency(*finding, view.pairs_of(finding->endpoint)) + " | " + phrase_evidence(finding->ln_e) +
             " | " + (known ? value_cell(example.divergence->stable, pair.stable) : "") + " | " +
             (known ? value_cell(example.divergence->arm, pair.arm) : "") + " | " + markdown_code(finding->id) + " |\n";
    }
  }
  if (view.proven.size() > kIssues) out += "\nand " + phrase_count(view.proven.size() - kIssues, "more issue") + "\n";
  return out + "\n";
}

std::string slower_table(const ReportView& view) {
  if (view.slower.empty()) return {};
  std::string out =
      "### Slower\n\n| endpoint | quantile | candidate | control | ratio | evidence |\n|---|---|--:|--:|--:|--:|\n";
  for (const SlowView& slow : view.slower) {
    for (const TestReport* test : slow.tests) {
      const double q = quantile_of_metric(test->metric);
      const double candidate = slow.endpoint->latency.candidate.quantile(q);
      const double control = slow.endpoint->latency.control.quantile(q);
      out += "| " + markdown_text(slow.endpoint->endpoint) + " | " + markdown_text(test->metric.substr(8)) + " | " +
             phrase_seconds(candidate) + " | " + phrase_seconds(control) + " | " + phrase_ratio(candidate, control) +
             " | " + phrase_evidence(test->ln_e) + " |\n";
    }
  }
  return out + "\n";
}

std::string failing_list(const ReportView& view) {
  if (view.failing.empty()) return {};
  std::string out = "### Failing tests\n\n";
  for (const TestView& each : view.failing) {
    out += "- " + markdown_text(each.endpoint->endpoint) + ": " + markdown_text(failing_test_words(*each.test)) + ", " +
           failing_test_counts(*each.test) + "\n";
  }
  return out + "\n";
}

std::string unproven_list(const ReportView& view) {
  if (view.unproven.empty()) return {};
  std::string out = "<details><summary>Not proven: " + phrase_count(view.unproven.size(), "finding") + "</summary>\n\n";
  for (std::size_t at = 0; at < std::min(kUnproven, view.unproven.size()); ++at) {
    const FindingReport& finding = *view.unproven[at];
    out += "- " + markdown_text(finding.endpoint) + " " + markdown_code(finding.location) + " " +
           markdown_text(phrase_change(finding)) + ", " + phrase_frequency(finding, view.pairs_of(finding.endpoint)) +
           ", " + phrase_evidence(finding.ln_e) + "\n";
  }
  if (view.unproven.size() > kUnproven) out += "- and " + phrase_count(view.unproven.size() - kUnproven) + " more\n";
  return out + "\n</details>\n\n";
}

std::string endpoints_table(const ReportView& view) {
  if (view.endpoints.empty()) return {};
  std::string out = "<details><summary>" + phrase_count(view.endpoints.size(), "endpoint") +
                    "</summary>\n\n| endpoint | verdict | pairs | beyond noise | errors |\n|---|---|--:|--:|--:|\n";
  for (std::size_t at = 0; at < std::min(kEndpoints, view.endpoints.size()); ++at) {
    const EndpointReport& endpoint = *view.endpoints[at];
    out += "| " + markdown_text(endpoint.endpoint) + " | " + std::string(to_string(endpoint.verdict)) + " | " +
           phrase_count(endpoint.pairs) + " | " + phrase_count(diverged_beyond_noise(endpoint)) + " | " +
           phrase_count(endpoint.errors) + " |\n";
  }
  return out + "\n</details>\n\n";
}

std::string footer(const ReportView& view) {
  const Totals& totals = view.report.totals;
  std::uint64_t dropped = 0;
  for (const auto& [reason, samples] : totals.dropped) dropped += samples;
  return phrase_count(totals.requests, "request") + ", " + phrase_count(totals.sampled) +
         " sampled = " + phrase_count(totals.compared) + " compared + " + phrase_count(dropped) + " dropped + " +
         phrase_count(totals.in_flight) + " in flight; noise " + phrase_count(view.noise.size(), "finding") +
         ", accepted " + phrase_count(view.accepted.size()) + ", hidden " + phrase_count(view.hidden.size()) +
         ". Run " + markdown_code(view.report.run.id) + ", " + phrase_clock(view.report.run.started) + ".\n";
}

}  // namespace

std::string render_markdown(const Report& report) {
  const ReportView view(report);
  std::string out = verdict_line(view);
  for (const std::string& reason : report.reasons) out += "- " + markdown_text(reason) + "\n";
  if (!report.reasons.empty()) out += "\n";
  return out + proven_table(view) + slower_table(view) + failing_list(view) + unproven_list(view) +
         endpoints_table(view) + footer(view);
}

}  // namespace truemirror
