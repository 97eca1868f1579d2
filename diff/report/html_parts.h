// The pieces of the HTML page. Each returns markup; every text of a report passes html_text() or html_block(), which
// spell out control characters (shown_text.h), escape markup and isolate its direction. No attribute holds a style or a
// script, so that the page works under the strictest content security policy.
#pragma once

#include <string>
#include <string_view>

#include "diff/report/view.h"

namespace truemirror {

[[nodiscard]] std::string html_escape(std::string_view shown);     // & < > " '
[[nodiscard]] std::string html_text(std::string_view bytes);       // one line, in <bdi>
[[nodiscard]] std::string html_attribute(std::string_view bytes);  // for between quotes
// A message body in <pre>, JSON indented, cut at `most` bytes; says what it is where it is empty, cut or withheld.
[[nodiscard]] std::string html_body(const Body& body, std::size_t most);

// An issue as <details>: its findings, and up to `examples` samples that show it side by side.
[[nodiscard]] std::string html_issue(const ReportView& view, const IssueView& issue, std::size_t examples, bool open);

// Quantiles of candidate and control of every endpoint, as a table with strips on one logarithmic scale.
[[nodiscard]] std::string html_latency(const ReportView& view);

}  // namespace truemirror
