// An issue on the page: a card that says what differs, how often and how sure, and opens to samples side by side.
#include <algorithm>
#include <vector>

#include "diff/report/html_parts.h"
#include "diff/report/phrase.h"
#include "diff/report/shown_text.h"

namespace truemirror {
namespace {

constexpr std::size_t kValueRoom = 400;   // bytes of a value in the from→to list
constexpr std::size_t kBodyRoom = 4096;   // bytes of a body
constexpr std::size_t kDivergences = 50;  // listed for one sample

std::string marked(const std::optional<std::string>& value, const Excerpt& excerpt, std::string_view kind) {
  if (!value) return "<span class=\"none\">absent</span>";
  std::string out = "<code><bdi dir=\"ltr\">" + html_escape(shown_text(excerpt.lead));
  if (!excerpt.changed.empty()) {
    out += "<mark class=\"" + std::string(kind) + "\">" + html_escape(shown_text(excerpt.changed)) + "</mark>";
  }
  return out + html_escape(shown_text(excerpt.tail)) + "</bdi></code>";
}

std::string change_row(const Divergence& divergence, bool is_finding) {
  const ExcerptPair pair = excerpt_of(divergence, kValueRoom);
  return std::string(is_finding ? "<tr class=\"this\">" : "<tr>") + "<th scope=\"row\">" +
         html_text(divergence.location) + "<small>" + html_text(phrase_change(divergence.kind, divergence.transition)) +
         "</small></th><td>" + marked(divergence.stable, pair.stable, "from") + "</td><td>" +
         marked(divergence.arm, pair.arm, "to") + "</td></tr>\n";
}

std::string headers_block(const Headers& headers) {
  if (headers.empty()) return {};
  std::string out = "<details class=\"fields\"><summary>" + phrase_count(headers.size(), "header") + "</summary><ul>";
  for (const HeaderField field : headers) {
    out += "<li><b>" + html_text(field.name) + "</b>: " + html_text(field.value) + "</li>";
  }
  return out + "</ul></details>";
}

std::string answer_column(std::string_view arm, const Response& response) {
  std::string out = "<section class=\"arm " + std::string(arm) + "\"><h4>" + std::string(arm) +
                    "</h4><p class=\"answer\">" + html_text(answer_words(response));
  const double seconds = std::chrono::duration<double>(response.latency()).count();
  if (seconds > 0) out += " <small>" + phrase_seconds(seconds) + "</small>";
  out += "</p>" + headers_block(response.headers);
  return out + (response.ok() || response.body.length > 0 ? html_body(response.body, kBodyRoom) : "") + "</section>";
}

// What differs in a sample: of the finding that leads, then of the others that were seen on it too.
std::vector<const Divergence*> divergences_of(const Example& example, const IssueView& issue) {
  std::vector<const Divergence*> all;
  for (const bool of_lead : {true, false}) {
    for (const Divergence& divergence : example.divergences) {
      if (shows(divergence, issue.lead()) == of_lead) all.push_back(&divergence);
    }
  }
  for (const FindingReport* finding : issue.findings) {
    if (finding == &issue.lead()) continue;
    for (const Example& other : finding->examples) {
      if (other.sequence != example.sequence) continue;
      for (const Divergence& divergence : other.divergences) all.push_back(&divergence);
    }
  }
  return all;
}

std::string example_block(const Example& example, const IssueView& issue) {
  const Request& request = example.request;
  std::string out = "<div class=\"example\"><h3><code>" + html_text(request.method) + " " +
                    html_text(cut_to_columns(shown_text(request.target), 300)) + "</code> <small>sample " +
                    std::to_string(example.sequence) + "</small></h3>" + headers_block(request.headers);
  if (request.body.length > 0) out += html_body(request.body, kBodyRoom);
  out +=
      "<div class=\"scroll\"><table class=\"changes\"><caption>What differs in this sample</caption><thead><tr>"
      "<th scope=\"col\">location</th><th scope=\"col\">stable</th><th "
      "scope=\"col\">candidate</th></tr></thead><tbody>\n";
  const std::vector<const Divergence*> listed = divergences_of(example, issue);
  for (std::size_t at = 0; at < std::min(listed.size(), kDivergences); ++at) {
    out += change_row(*listed[at], shows(*listed[at], issue.lead()));
  }
  out += "</tbody></table></div>";
  if (listed.size() > kDivergences) {
    out += "<p class=\"none\">and " + phrase_count(listed.size() - kDivergences) + " more</p>";
  }
  out +=
      "<div class=\"arms\">" + answer_column("stable", example.stable) + answer_column("candidate", example.candidate);
  if (example.control) out += answer_column("control", *example.control);
  return out + "</div></div>\n";
}

// The from→to of the leading finding, for the closed card.
std::string glimpse(const FindingReport& finding) {
  const ExampleView shown = best_example(finding);
  if (shown.divergence == nullptr) return {};
  const ExcerptPair pair = excerpt_of(*shown.divergence, 90);
  return "<span class=\"glimpse\">" + marked(shown.divergence->stable, pair.stable, "from") +
         "<span class=\"arrow\" aria-label=\"becomes\">→</span>" + marked(shown.divergence->arm, pair.arm, "to") +
         "</span>";
}

std::string finding_rows(const ReportView& view, const IssueView& issue) {
  std::string out =
      "<div class=\"scroll\"><table><caption>Findings of this issue, seen on the same samples</caption><thead><tr>"
      "<th scope=\"col\">location</th><th scope=\"col\">what</th><th scope=\"col\" class=\"n\">only candidate</th>"
      "<th scope=\"col\" class=\"n\">only control</th><th scope=\"col\" class=\"n\">both</th><th scope=\"col\" "
      "class=\"n\">"
      "evidence</th><th scope=\"col\">seen</th><th scope=\"col\">id</th></tr></thead><tbody>\n";
  for (const FindingReport* finding : issue.findings) {
    out += "<tr><th scope=\"row\">" + html_text(finding->location) + "</th><td>" + html_text(phrase_change(*finding)) +
           "</td><td class=\"n\">" + phrase_frequency(*finding, view.pairs_of(finding->endpoint)) +
           "</td><td class=\"n\">" + phrase_count(finding->control_only) + "</td><td class=\"n\">" +
           phrase_count(finding->both) + "</td><td class=\"n\">" + phrase_evidence(finding->ln_e) +
           "</td><td class=\"whole\">" + phrase_clock(finding->first_seen) + " to " +
           phrase_clock(finding->last_seen).substr(11) + "</td><td class=\"whole\"><code>" + html_text(finding->id) +
           "</code></td></tr>\n";
  }
  return out + "</tbody></table></div>";
}

}  // namespace

std::string html_issue(const ReportView& view, const IssueView& issue, std::size_t examples, bool open) {
  const FindingReport& lead = issue.lead();
  std::string out = "<details class=\"issue\" id=\"finding-" + html_attribute(lead.id) + "\"" + (open ? " open" : "") +
                    "><summary><span class=\"what\"><b>" + html_text(lead.endpoint) + "</b> <code>" +
                    html_text(lead.location) + "</code> " + html_text(phrase_change(lead));
  if (issue.findings.size() > 1) out += " <small>and " + phrase_count(issue.findings.size() - 1) + " more</small>";
  out += "</span><span class=\"often\">" + phrase_frequency(lead, view.pairs_of(lead.endpoint)) +
         "</span><span class=\"evidence\">" + phrase_evidence(lead.ln_e) + "</span>" + glimpse(lead) + "</summary>\n" +
         finding_rows(view, issue);
  std::size_t shown = 0;
  for (const Example& example : lead.examples) {
    if (shown == examples) break;
    if (shown == 1) {
      out += "<details class=\"others\" id=\"more-" + html_attribute(lead.id) + "\"><summary>" +
             phrase_count(std::min(examples, lead.examples.size()) - 1, "further sample") + "</summary>\n";
    }
    out += example_block(example, issue);
    ++shown;
  }
  if (shown > 1) out += "</details>\n";
  return out + "</details>\n";
}

}  // namespace truemirror
