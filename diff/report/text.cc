// The report for a terminal: what a service engineer reads in ten seconds, most important first. Every byte of traffic
// goes through shown_text(); no line is longer than the width, but those that hold one long name.
#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "diff/report/phrase.h"
#include "diff/report/render.h"
#include "diff/report/shown_text.h"
#include "diff/report/view.h"

namespace truemirror {
namespace {

enum class Ink : std::uint8_t { plain, bold, dim, red, green, yellow };

class TextReport {
 public:
  TextReport(const Report& report, const RenderOptions& options)
      : view_(report), color_(options.color), width_(std::clamp<std::size_t>(options.width, 60, 160)) {}

  std::string render() {
    verdict();
    accounting();
    proven();
    slower();
    failing();
    unproven();
    noise();
    rules();
    endpoints();
    uncompared();
    return std::move(out_);
  }

 private:
  // Columns at the right of a finding: how often, evidence, id.
  static constexpr std::size_t kOften = 16, kEvidence = 11, kId = 16;

  [[nodiscard]] std::string ink(Ink ink, std::string_view text) const {
    static constexpr std::array<std::string_view, 6> kCodes{"",           "\x1b[1m",  "\x1b[2m",
                                                            "\x1b[1;31m", "\x1b[32m", "\x1b[33m"};
    if (!color_ || ink == Ink::plain || text.empty()) return std::string(text);
    return std::string(kCodes.at(static_cast<std::size_t>(ink))) + std::string(text) + "\x1b[0m";
  }
  void line(std::string_view text) {
    const std::size_t end = text.find_last_not_of(' ');
    out_ += end == std::string_view::npos ? "" : text.substr(0, end + 1);
    out_ += '\n';
  }
  void title(std::string_view text, Ink color, std::string_view more = {}) {
    out_ += '\n';
    line(ink(color, text) + (more.empty() ? "" : ink(Ink::dim, "  " + std::string(more))));
  }
  void wrapped(std::string_view first, std::string_view indent, const std::string& words);

  void verdict();
  void accounting();
  void proven();
  void issue(const IssueView& issue);
  void finding_line(const FindingReport& finding, std::string_view endpoint);
  void example(const FindingReport& finding);
  void slower();
  void failing();
  void unproven();
  void noise();
  void rules();
  void endpoints();
  void uncompared();

  ReportView view_;
  bool color_;
  std::size_t width_;
  std::string out_;
};

Ink ink_of(Verdict verdict) {
  return verdict == Verdict::pass ? Ink::green : verdict == Verdict::fail ? Ink::red : Ink::yellow;
}

std::string shouted(Verdict verdict) {
  return verdict == Verdict::pass ? "PASS" : verdict == Verdict::fail ? "FAIL" : "INCONCLUSIVE";
}

// Breaks at spaces; a word longer than the line stays whole.
void TextReport::wrapped(std::string_view first, std::string_view indent, const std::string& words) {
  std::string now(first);
  bool fresh = true;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    const std::string word = words.substr(at, end - at);
    at = end + 1;
    if (!fresh && shown_columns(now) + 1 + shown_columns(word) > width_) {
      line(now);
      now = indent;
      fresh = true;
    }
    now += (fresh ? "" : " ") + word;
    fresh = false;
  }
  line(now);
}

void TextReport::verdict() {
  const Report& report = view_.report;
  const std::string name = shouted(report.verdict);
  const std::string more = shown_text(view_.headline()) + (report.calibrated ? "" : " (uncalibrated: no control)");
  const std::size_t start = out_.size();
  wrapped(name + "  ", std::string(name.size() + 2, ' '), more);
  out_.replace(start, name.size(), ink(ink_of(report.verdict), name));
  for (const std::string& reason : report.reasons) wrapped("  ", "  ", shown_text(reason));
}

void TextReport::accounting() {
  const Report& report = view_.report;
  const Totals& totals = report.totals;
  out_ += '\n';
  std::uint64_t dropped = 0;
  std::string reasons;
  for (const auto& [reason, samples] : totals.dropped) {
    dropped += samples;
    reasons += (reasons.empty() ? "" : ", ") + shown_text(reason) + " " + phrase_count(samples);
  }
  wrapped("requests ", "         ",
          phrase_count(totals.requests) + ", sampled " + phrase_count(totals.sampled) + " = compared " +
              phrase_count(totals.compared) + " + dropped " + phrase_count(dropped) +
              (reasons.empty() ? "" : " (" + reasons + ")") + " + in flight " + phrase_count(totals.in_flight) +
              "; diverged " + phrase_count(totals.diverged) + ", beyond noise " + phrase_count(view_.beyond_noise()) +
              "; candidate failed " + phrase_count(view_.errors()));
  std::string run = shown_text(report.run.id) + " (" + shown_text(report.run.source) + ", truemirror " +
                    shown_text(report.run.version) + "), " + phrase_clock(report.run.started);
  if (report.run.ended) {
    run += ", " + phrase_seconds(std::chrono::duration<double>(*report.run.ended - report.run.started).count());
  } else {
    run += ", still running or killed";
  }
  wrapped("run      ", "         ", run);
  const std::string control = report.run.control.empty() ? "none" : shown_text(report.run.control);
  wrapped("arms     ", "         ",
          "stable " + shown_text(report.run.stable) + ", candidate " + shown_text(report.run.candidate) + ", control " +
              control);
  const std::string judged = judged_words(report.judged);
  if (!judged.empty()) wrapped("judged   ", "         ", shown_text(judged));
}

void TextReport::proven() {
  if (view_.proven.empty()) return;
  title("PROVEN", Ink::red, "against the candidate; E = times likelier than with equal software");
  for (const IssueView& each : view_.proven) issue(each);
}

void TextReport::issue(const IssueView& issue) {
  out_ += '\n';
  line("  " + ink(Ink::bold, cut_to_columns(shown_text(issue.lead().endpoint), width_ - 2)));
  for (const FindingReport* finding : issue.findings) finding_line(*finding, issue.lead().endpoint);
  example(issue.lead());
}

// `    body/items/*/price  value number→number      412 of 3,120 pairs   E = 3.2e14  4f6c1d2e3a4b5c6d`, on two lines
// where the width does not hold it.
void TextReport::finding_line(const FindingReport& finding, std::string_view endpoint) {
  const std::string where = shown_text(finding.location);
  const std::string change = shown_text(phrase_change(finding));
  const std::string other = finding.endpoint == endpoint ? "" : shown_text(finding.endpoint) + " ";
  const std::string right = "  " + align_right(phrase_frequency(finding, view_.pairs_of(finding.endpoint)), kOften) +
                            "  " + align_right(phrase_evidence(finding.ln_e), kEvidence) + "  " +
                            ink(Ink::dim, cut_to_columns(shown_text(finding.id), kId));
  const std::size_t room = width_ - std::min(width_, 4 + 2 + kOften + 2 + kEvidence + 2 + kId);
  const std::string left = other + where + "  " + change;
  if (shown_columns(left) <= room) {
    const std::string padding(room - shown_columns(left), ' ');
    line("    " + other + ink(Ink::bold, where) + "  " + change + padding + right);
    return;
  }
  line("    " + cut_to_columns(left, width_ - 4));
  line("    " + std::string(room, ' ') + right);
}

void TextReport::example(const FindingReport& finding) {
  const ExampleView shown = best_example(finding);
  if (shown.example == nullptr) return;
  const Request& request = shown.example->request;
  const std::string exact = shown.divergence == nullptr || shown.divergence->location == finding.location
                                ? ""
                                : "  at " + shown.divergence->location;
  line(ink(Ink::dim, "      " + cut_to_columns(shown_text(request.method + " " + request.target + exact), width_ - 6)));
  if (shown.divergence == nullptr) return;
  const std::size_t room = width_ - 17;
  const ExcerptPair pair = excerpt_of(*shown.divergence, room);
  const auto side = [&](std::string_view name, const std::optional<std::string>& value, const Excerpt& excerpt,
                        const Response& response, Ink color) {
    std::string text = value ? shown_text(excerpt.text()) : "(absent)";
    if (!value && !response.ok()) text = shown_text(answer_words(response));
    line("      " + pad_to_columns(name, 11) + ink(value ? color : Ink::dim, cut_to_columns(text, room)));
  };
  side("stable", shown.divergence->stable, pair.stable, shown.example->stable, Ink::green);
  side("candidate", shown.divergence->arm, pair.arm, shown.example->candidate, Ink::red);
}

void TextReport::slower() {
  if (view_.slower.empty()) return;
  title("SLOWER", Ink::red, "proven: candidate against control");
  for (const SlowView& slow : view_.slower) {
    const LatencySummary& latency = slow.endpoint->latency;
    out_ += '\n';
    line("  " + ink(Ink::bold, cut_to_columns(shown_text(slow.endpoint->endpoint), width_ - 2)));
    line(ink(Ink::dim,
             "         " + align_right("candidate", 10) + align_right("control", 11) + align_right("ratio", 9)));
    for (const char* metric : {"latency_p50", "latency_p90", "latency_p99"}) {
      const double q = quantile_of_metric(metric);
      const double candidate = latency.candidate.quantile(q);
      const double control = latency.control.quantile(q);
      const auto failed = std::find_if(slow.tests.begin(), slow.tests.end(),
                                       [&](const TestReport* test) { return test->metric == metric; });
      std::string row = "    " + pad_to_columns(std::string_view(metric).substr(8), 5) +
                        align_right(phrase_seconds(candidate), 10) + align_right(phrase_seconds(control), 11) +
                        align_right(phrase_ratio(candidate, control), 9);
      if (failed != slow.tests.end()) row = ink(Ink::red, row + "   proven, " + phrase_evidence((*failed)->ln_e));
      line(row);
    }
  }
}

void TextReport::failing() {
  if (view_.failing.empty()) return;
  title("FAILING TESTS", Ink::red);
  for (const TestView& each : view_.failing) {
    const TestReport& test = *each.test;
    wrapped("  ", "    ",
            shown_text(each.endpoint->endpoint) + ": " + shown_text(failing_test_words(test)) + ", " +
                failing_test_counts(test));
  }
}

void TextReport::unproven() {
  if (view_.unproven.empty()) return;
  static constexpr std::size_t kMost = 20;
  title("NOT PROVEN", Ink::yellow, "seen on the candidate, not (yet) beyond doubt");
  for (std::size_t at = 0; at < std::min(kMost, view_.unproven.size()); ++at) {
    const FindingReport& finding = *view_.unproven[at];
    const std::string right = "  " + align_right(phrase_frequency(finding, view_.pairs_of(finding.endpoint)), kOften) +
                              "  " + align_right(phrase_evidence(finding.ln_e), kEvidence);
    const std::size_t room = width_ - 4 - kOften - kEvidence - 2;
    const std::string left = shown_text(finding.endpoint + "  " + finding.location + "  " + phrase_change(finding));
    line("  " + pad_to_columns(cut_to_columns(left, room), room) + right);
  }
  if (view_.unproven.size() > kMost) line("  and " + phrase_count(view_.unproven.size() - kMost) + " more");
}

void TextReport::noise() {
  if (view_.noise.empty()) return;
  static constexpr std::size_t kMost = 30;
  title("NOISE", Ink::dim,
        view_.report.calibrated ? "control shows it as well" : "volatile values; no control to confirm");
  std::string last;
  std::string items;
  const auto flush = [&] {
    if (!items.empty()) wrapped("  " + last + ": ", "      ", items);
    items.clear();
  };
  std::vector<const FindingReport*> sorted = view_.noise;
  std::sort(sorted.begin(), sorted.end(), [](const FindingReport* a, const FindingReport* b) {
    return std::tie(a->endpoint, a->location, a->id) < std::tie(b->endpoint, b->location, b->id);
  });
  for (std::size_t at = 0; at < std::min(kMost, sorted.size()); ++at) {
    const std::string endpoint = shown_text(sorted[at]->endpoint);
    if (endpoint != last) flush();
    last = endpoint;
    items += (items.empty() ? "" : ", ") + shown_text(sorted[at]->location + " " + phrase_change(*sorted[at]));
  }
  flush();
  if (sorted.size() > kMost) line("  and " + phrase_count(sorted.size() - kMost) + " more");
}

void TextReport::rules() {
  if (view_.report.rules.empty() && view_.accepted.empty() && view_.hidden.empty()) return;
  title("RULES", Ink::dim,
        phrase_count(view_.accepted.size(), "finding") + " accepted, " + phrase_count(view_.hidden.size()) + " hidden");
  std::string defaults;
  for (const RuleUse& rule : view_.report.rules) {
    if (rule.rule.starts_with(kDefaultRuleMark)) {
      defaults += (defaults.empty() ? "" : ", ") + shown_text(rule.rule.substr(kDefaultRuleMark.size())) + " " +
                  phrase_count(rule.hidden);
      continue;
    }
    wrapped("  ", "    ",
            shown_text(rule.rule) + ": hid " + phrase_count(rule.hidden) + ", accepted " + phrase_count(rule.accepted) +
                (rule.expired ? ", EXPIRED" : "") + (rule.reason.empty() ? "" : " (" + shown_text(rule.reason) + ")"));
  }
  if (!defaults.empty()) wrapped("  ", "    ", "default header rules hid: " + defaults + " (samples)");
}

void TextReport::uncompared() {
  bool titled = false;
  for (const EndpointReport* endpoint : view_.endpoints) {
    const std::string words = uncompared_words(*endpoint);
    if (words.empty()) continue;
    if (!std::exchange(titled, true))
      title("UNCOMPARED", Ink::dim, "samples in no pair; revalidation: conditional on what only stable has issued");
    wrapped("  ", "    ", shown_text(endpoint->endpoint) + ": " + words);
  }
}

void TextReport::endpoints() {
  if (view_.endpoints.empty()) return;
  static constexpr std::size_t kPairs = 9, kDiverged = 10, kVerdict = 14;
  const bool median = width_ >= 100;  // else p99 alone
  const bool all_arms = width_ >= 120;
  const std::size_t cell = median ? 19 : 10;
  const std::size_t name = width_ - 2 - kPairs - kDiverged - kVerdict - (all_arms ? 3 : 2) * cell;
  title("ENDPOINTS", Ink::bold,
        std::string("diverged beyond noise, ") + (median ? "p50 and p99 of each arm" : "p99 of each arm"));
  const auto row = [&](const std::string& endpoint, std::string_view pairs, std::string_view diverged,
                       const std::string& stable, const std::string& candidate, const std::string& control) {
    return "  " + pad_to_columns(cut_to_columns(endpoint, name), name) + align_right(pairs, kPairs) +
           align_right(diverged, kDiverged) + (all_arms ? align_right(stable, cell) : "") +
           align_right(candidate, cell) + align_right(control, cell) + "  ";
  };
  line(ink(Ink::dim, row("", "pairs", "diverged", "stable", "candidate", "control") + "verdict"));
  const auto quantiles = [median](const Histogram& histogram) {
    if (histogram.count() == 0) return std::string("-");
    const std::string p99 = phrase_seconds(histogram.quantile(0.99));
    return median ? phrase_seconds(histogram.quantile(0.5)) + align_right(p99, 9) : p99;
  };
  for (const EndpointReport* endpoint : view_.endpoints) {
    const LatencySummary& latency = endpoint->latency;
    line(row(shown_text(endpoint->endpoint), phrase_count(endpoint->pairs),
             phrase_count(diverged_beyond_noise(*endpoint)), quantiles(latency.stable), quantiles(latency.candidate),
             quantiles(latency.control)) +
         ink(ink_of(endpoint->verdict), to_string(endpoint->verdict)));
  }
}

}  // namespace

std::string render_text(const Report& report, const RenderOptions& options) {
  return TextReport(report, options).render();
}

}  // namespace truemirror
