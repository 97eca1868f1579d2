// The report as one page: verdict, accounting, what is proven, latency, the rest. It works without scripts; served live
// it has one, which fetches the page again. Nothing it shows is loaded from anywhere else.
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "diff/report/html_parts.h"
#include "diff/report/phrase.h"
#include "diff/report/render.h"
#include "diff/report/shown_text.h"
#include "proxy/http/base64.h"

namespace truemirror {
namespace {

// A page that a browser opens at once even for 10,000 findings: beyond these, `--format json` has the rest.
constexpr std::size_t kFullIssues = 100, kBriefIssues = 400, kUnproven = 60, kRows = 300, kExamples = 7;

std::string_view css_class(Verdict verdict) {
  return verdict == Verdict::pass ? "pass" : verdict == Verdict::fail ? "fail" : "inconclusive";
}

std::string style_hash(std::string_view style) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(style.data(), style.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return base64({reinterpret_cast<const char*>(digest.data()), size});
}

std::string head(const Report& report, bool live) {
  const std::string_view style = ui_asset("style.css");
  const std::string policy =
      live ? "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:"
           : "default-src 'none'; style-src 'sha256-" + style_hash(style) + "'; img-src data:";
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
         "http-equiv=\"Content-Security-Policy\" "
         "content=\"" +
         policy +
         "; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-"
         "width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" "
         "href=\"data:,\">\n"
         "<title>" +
         std::string(to_string(report.verdict)) + " · truemirror " + html_attribute(report.run.id) + "</title>\n" +
         (live ? "<link rel=\"stylesheet\" href=\"/ui/style.css\">\n<script src=\"/ui/live.js\" defer></script>\n"
               : "<style>" + std::string(style) + "</style>\n") +
         "</head>\n";
}

std::string live_bar() {
  return "<header class=\"live\"><strong>truemirror</strong><span id=\"feed\" role=\"status\">live</span><button "
         "type=\"button\" id=\"pause\" aria-pressed=\"false\">Pause</button><button type=\"button\" id=\"mirroring\" "
         "disabled>Mirroring …</button><noscript>Without scripts this page does not refresh "
         "itself.</noscript></header>\n";
}

std::string fact(std::string_view name, const std::string& markup) {
  return "<div><dt>" + std::string(name) + "</dt><dd>" + markup + "</dd></div>";
}

std::string verdict_section(const ReportView& view) {
  const Report& report = view.report;
  std::string out = "<section class=\"verdict " + std::string(css_class(report.verdict)) + "\"><h1>" +
                    std::string(to_string(report.verdict)) + "</h1><p class=\"headline\">" +
                    html_escape(shown_text(view.headline())) +
                    (report.calibrated ? "" : " · uncalibrated: no control") + "</p>";
  if (!report.reasons.empty()) {
    out += "<ul>";
    for (const std::string& reason : report.reasons) out += "<li>" + html_text(reason) + "</li>";
    out += "</ul>";
  }
  const RunInfo& run = report.run;
  out += "<dl class=\"run\">" + fact("run", html_text(run.id) + " <small>" + html_text(run.source) + ", truemirror " +
                                                html_text(run.version) + "</small>");
  std::string when = phrase_clock(run.started);
  when += run.ended ? ", for " + phrase_seconds(std::chrono::duration<double>(*run.ended - run.started).count())
                    : std::string(", not ended");
  out += fact("started", when) + fact("stable", html_text(run.stable)) + fact("candidate", html_text(run.candidate));
  out += fact("control", run.control.empty() ? "none" : html_text(run.control));
  if (const std::string judged = judged_words(report.judged); !judged.empty()) out += fact("judged", html_text(judged));
  return out + "</dl></section>\n";
}

std::string accounting_section(const ReportView& view) {
  const Totals& totals = view.report.totals;
  std::uint64_t dropped = 0;
  std::string reasons;
  for (const auto& [reason, samples] : totals.dropped) {
    dropped += samples;
    reasons += "<li>" + html_text(reason) + " " + phrase_count(samples) + "</li>";
  }
  std::string out =
      "<section aria-labelledby=\"accounting\"><h2 id=\"accounting\">Accounting</h2><dl class=\"counts\">" +
      fact("requests", phrase_count(totals.requests)) + fact("sampled", phrase_count(totals.sampled)) +
      fact("= compared", phrase_count(totals.compared)) + fact("+ dropped", phrase_count(dropped)) +
      fact("+ in flight", phrase_count(totals.in_flight)) + fact("diverged", phrase_count(totals.diverged)) +
      fact("beyond noise", phrase_count(view.beyond_noise())) + fact("candidate failed", phrase_count(view.errors())) +
      "</dl>";
  if (!reasons.empty()) out += "<ul class=\"inline\" aria-label=\"dropped by reason\">" + reasons + "</ul>";
  return out + "</section>\n";
}

std::string more_hint(std::size_t all, std::size_t shown) {
  if (all <= shown) return {};
  return "<p class=\"hint\">and " + phrase_count(all - shown) +
         " more: <code>truemirror report --format json</code></p>";
}

std::string proven_section(const ReportView& view) {
  std::string out = "<section aria-labelledby=\"proven\"><h2 id=\"proven\">Proven against the candidate</h2>";
  if (view.proven.empty()) return out + "<p class=\"hint\">Nothing.</p></section>\n";
  out +=
      "<p class=\"hint\">E says how many times likelier the counts are if the candidate really differs than if it were "
      "the same software as the control. Findings that occur on the same samples are one issue.</p>\n";
  for (std::size_t at = 0; at < std::min(view.proven.size(), kBriefIssues); ++at) {
    out += html_issue(view, view.proven[at], at < kFullIssues ? kExamples : 0, at == 0);
  }
  return out + more_hint(view.proven.size(), kBriefIssues) + "</section>\n";
}

std::string failing_section(const ReportView& view) {
  if (view.failing.empty()) return {};
  std::string out = "<section aria-labelledby=\"failing\"><h2 id=\"failing\">Failing tests</h2><ul class=\"plain\">";
  for (const TestView& each : view.failing) {
    const TestReport& test = *each.test;
    out += "<li><b>" + html_text(each.endpoint->endpoint) + "</b>: " + html_text(failing_test_words(test)) + ", " +
           failing_test_counts(test) + "</li>";
  }
  return out + "</ul></section>\n";
}

std::string unproven_section(const ReportView& view) {
  if (view.unproven.empty()) return {};
  std::string out =
      "<section aria-labelledby=\"unproven\"><h2 id=\"unproven\">Not proven</h2><p class=\"hint\">Seen on the "
      "candidate, "
      "not (yet) beyond doubt.</p>\n";
  for (std::size_t at = 0; at < std::min(view.unproven.size(), kUnproven); ++at) {
    out += html_issue(view, IssueView{{view.unproven[at]}}, 1, false);
  }
  return out + more_hint(view.unproven.size(), kUnproven) + "</section>\n";
}

// A closed list of findings: noise, accepted, hidden.
std::string quiet_section(std::string_view id, std::string_view title,
                          const std::vector<const FindingReport*>& findings) {
  if (findings.empty()) return {};
  std::string out =
      "<section><details class=\"quiet\" id=\"" + std::string(id) + "\"><summary><h2>" + std::string(title) +
      " <small>" + phrase_count(findings.size(), "finding") +
      "</small></h2></summary><div class=\"scroll\">"
      "<table><caption>" +
      std::string(title) +
      "</caption><thead><tr><th scope=\"col\">endpoint</th><th "
      "scope=\"col\">location</th><th scope=\"col\">what</th><th scope=\"col\" class=\"n\">only candidate</th>"
      "<th scope=\"col\" class=\"n\">only control</th><th scope=\"col\" class=\"n\">both</th></tr></thead><tbody>\n";
  for (std::size_t at = 0; at < std::min(findings.size(), kRows); ++at) {
    const FindingReport& finding = *findings[at];
    out += "<tr><td>" + html_text(finding.endpoint) + "</td><td>" + html_text(finding.location) + "</td><td>" +
           html_text(phrase_change(finding)) + "</td><td class=\"n\">" + phrase_count(finding.candidate_only) +
           "</td><td class=\"n\">" + phrase_count(finding.control_only) + "</td><td class=\"n\">" +
           phrase_count(finding.both) + "</td></tr>\n";
  }
  return out + "</tbody></table></div>" + more_hint(findings.size(), kRows) + "</details></section>\n";
}

std::string rules_section(const std::vector<RuleUse>& rules) {
  if (rules.empty()) return {};
  std::string out =
      "<section aria-labelledby=\"rules\"><h2 id=\"rules\">Rules</h2><div class=\"scroll\"><table><caption>What each "
      "rule did"
      "</caption><thead><tr><th scope=\"col\">rule</th><th scope=\"col\">reason</th><th scope=\"col\" "
      "class=\"n\">hid</th>"
      "<th scope=\"col\" class=\"n\">accepted</th></tr></thead><tbody>\n";
  for (const RuleUse& rule : rules) {
    out += "<tr><th scope=\"row\">" + html_text(rule.rule) +
           (rule.expired ? " <b class=\"badge fail\">expired</b>" : "") + "</th><td>" + html_text(rule.reason) +
           "</td><td class=\"n\">" + phrase_count(rule.hidden) + "</td><td class=\"n\">" + phrase_count(rule.accepted) +
           "</td></tr>\n";
  }
  return out + "</tbody></table></div></section>\n";
}

std::string endpoints_section(const ReportView& view) {
  if (view.endpoints.empty()) return {};
  std::string out =
      "<section aria-labelledby=\"endpoints\"><h2 id=\"endpoints\">Endpoints</h2><div class=\"scroll\"><table><caption>"
      "Verdict by endpoint</caption><thead><tr><th scope=\"col\">endpoint</th><th scope=\"col\">verdict</th><th "
      "scope=\"col\" "
      "class=\"n\">pairs</th><th scope=\"col\" class=\"n\">beyond noise</th><th scope=\"col\" "
      "class=\"n\">errors</th><th "
      "scope=\"col\" class=\"n\">pairs still needed</th></tr></thead><tbody>\n";
  for (const EndpointReport* endpoint : view.endpoints) {
    std::uint64_t needed = 0;
    for (const TestReport& test : endpoint->tests) needed = std::max(needed, test.pairs_needed);
    out += "<tr><th scope=\"row\">" + html_text(endpoint->endpoint) + "</th><td><b class=\"badge " +
           std::string(css_class(endpoint->verdict)) + "\">" + std::string(to_string(endpoint->verdict)) +
           "</b></td><td class=\"n\">" + phrase_count(endpoint->pairs) + "</td><td class=\"n\">" +
           phrase_count(diverged_beyond_noise(*endpoint)) + "</td><td class=\"n\">" + phrase_count(endpoint->errors) +
           "</td><td class=\"n\">" + (needed > 0 ? phrase_count(needed) : "") + "</td></tr>\n";
  }
  return out + "</tbody></table></div></section>\n";
}

}  // namespace

std::string render_html(const Report& report, const RenderOptions& options) {
  const ReportView view(report);
  std::string out = head(report, options.live) + "<body>\n";
  if (options.live) out += live_bar();
  out += "<main id=\"report\">\n" + verdict_section(view) + accounting_section(view) + proven_section(view) +
         failing_section(view) + html_latency(view) + unproven_section(view) +
         quiet_section("noise", "Noise", view.noise) + quiet_section("accepted", "Accepted", view.accepted) +
         quiet_section("hidden", "Hidden", view.hidden) + rules_section(report.rules) + endpoints_section(view);
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace truemirror
