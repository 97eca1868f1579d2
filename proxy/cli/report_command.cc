// `truemirror report`: prints a report in one of its formats, or accepts one of its findings by a rule.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "diff/report/render.h"
#include "diff/report/store.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/text_file.h"
#include "proxy/http/nearest.h"

namespace truemirror {
namespace {

int failed(const Problem& problem, ExitCode code) {
  std::cerr << "truemirror report: " << problem.text << "\n";
  return code;
}

RenderOptions text_options(const ReportArguments& arguments) {
  RenderOptions options;
  const bool terminal = !arguments.output && ::isatty(STDOUT_FILENO) == 1;
  options.color = arguments.color.value_or(terminal && std::getenv("NO_COLOR") == nullptr);
  winsize size{};
  if (terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) options.width = size.ws_col;
  return options;
}

std::string rendered(const Report& report, const ReportArguments& arguments) {
  switch (arguments.format) {
    case ReportFormat::text:
      return render_text(report, text_options(arguments));
    case ReportFormat::json:
      return render_json(report);
    case ReportFormat::markdown:
      return render_markdown(report);
    case ReportFormat::html:
      return render_html(report);
    case ReportFormat::junit:
      return render_junit(report);
  }
  return "";
}

const FindingReport* find(const Report& report, const std::string& id) {
  const auto found =
      std::find_if(report.findings.begin(), report.findings.end(), [&](const auto& f) { return f.id == id; });
  return found == report.findings.end() ? nullptr : &*found;
}

Problem no_such_finding(const Report& report, const std::string& id) {
  std::vector<std::string> ids;
  for (const FindingReport& each : report.findings) ids.push_back(each.id);
  return {"--accept: this report has no finding '" + id + "'" + did_you_mean(id, ids)};
}

int accept(const Report& report, const ReportArguments::Accept& accepted) {
  const FindingReport* finding = find(report, accepted.finding);
  if (finding == nullptr) return failed(no_such_finding(report, accepted.finding), kUsage);
  std::string before;
  if (std::error_code ignored; std::filesystem::exists(accepted.rules, ignored)) {
    auto text = read_text_file(accepted.rules);
    if (text.has_error()) return failed(text.error(), kUsage);
    before = *std::move(text);
  }
  Divergence divergence;
  divergence.generalized = finding->location;
  divergence.kind = finding->kind;
  divergence.transition = finding->transition;
  const auto after =
      append_accept_rule(before, accepted.rules.string(), finding->endpoint, divergence, accepted.reason);
  if (after.has_error()) return failed(after.error(), kUsage);
  if (const auto written = write_private_file(accepted.rules, *after); written.has_error()) {
    return failed(written.error(), kRuntime);
  }
  std::cerr << accepted.rules.string() << ": accepts " << to_string(finding->kind) << " " << finding->transition
            << " of " << finding->location << " at " << finding->endpoint << "; runs with --rules "
            << accepted.rules.string() << " follow it\n";
  return kDone;
}

}  // namespace

int report_command(const ReportArguments& arguments) {
  const auto report = load_report(arguments.dir);
  if (report.has_error()) return failed(report.error(), kUsage);
  if (arguments.accept) return accept(*report, *arguments.accept);
  std::string text = rendered(*report, arguments);
  if (!text.ends_with('\n')) text += '\n';
  if (arguments.output) {
    const auto written = write_private_file(*arguments.output, text);
    return written.has_error() ? failed(written.error(), kRuntime) : kDone;
  }
  std::cout << text << std::flush;
  return std::cout ? kDone : failed({"stdout could not be written"}, kRuntime);
}

}  // namespace truemirror
