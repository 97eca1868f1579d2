// A report as text for people and for tools. Pure: the same document gives the same bytes.
#pragma once

#include <string>
#include <string_view>

#include "diff/report/report.h"

namespace truemirror {

struct RenderOptions {
  bool color = false;       // ANSI colours and bold, for terminals (text only)
  std::size_t width = 100;  // columns (text only)
  bool live = false;        // html: served by the admin server, refreshes itself, has the kill switch
};

[[nodiscard]] std::string render_json(const Report& report);  // the document of design.md §10
[[nodiscard]] std::string render_text(const Report& report, const RenderOptions& options = {});
[[nodiscard]] std::string render_markdown(const Report& report);
[[nodiscard]] std::string render_html(const Report& report,
                                      const RenderOptions& options = {});  // one self-contained page
[[nodiscard]] std::string render_junit(const Report& report);
// One line of --comparisons (design.md §5), without the newline. The values in it are redacted.
[[nodiscard]] std::string render_comparison(const Comparison& comparison, const std::string& run,
                                            const class Redactor& redactor);

// What the live page links: `style.css` and `live.js`, embedded in the program. Empty for any other name.
[[nodiscard]] std::string_view ui_asset(std::string_view name);

}  // namespace truemirror
