// What the flags mean: checked arguments for each subcommand, or the first flag that is wrong.
#include <array>

#include "proxy/cli/flags.h"
#include "proxy/cli/input_files.h"
#include "proxy/cli/values.h"
#include "proxy/http/nearest.h"

namespace truemirror {
namespace {

// A flag's value through `parse`, or none where the flag was not given; problems name the flag.
template <class Parse>
auto parsed(const char* flag, const std::optional<std::string>& text, Parse parse)
    -> Result<std::optional<std::decay_t<decltype(*parse(*text))>>> {
  using Value = std::optional<std::decay_t<decltype(*parse(*text))>>;
  if (!text) return {boost::system::in_place_value, Value()};
  auto value = parse(*text);
  if (value.has_error()) return Problem{std::string(flag) + ": " + value.error().text};
  return {boost::system::in_place_value, Value(*std::move(value))};
}

std::vector<std::filesystem::path> as_paths(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

Result<std::optional<UpstreamUrl>> stable_or_recorded(const std::optional<std::string>& text) {
  if (!text || *text == "recorded") return {boost::system::in_place_value, std::nullopt};
  auto url = parsed("--stable", text, UpstreamUrl::parse);
  if (url.has_error()) return Problem{url.error().text + ", or `recorded`"};
  return url;
}

Result<std::shared_ptr<const RuleSet>> rules_of(const std::optional<std::string>& file) {
  if (!file) return {boost::system::in_place_value, nullptr};
  return load_rules(*file);
}

struct FormatName {
  std::string name;
  ReportFormat format;
};
Result<ReportFormat> parse_format(const std::string& text) {
  static const std::array<FormatName, 5> kFormats{{{"text", ReportFormat::text},
                                                   {"json", ReportFormat::json},
                                                   {"md", ReportFormat::markdown},
                                                   {"html", ReportFormat::html},
                                                   {"junit", ReportFormat::junit}}};
  std::vector<std::string> names;
  for (const FormatName& each : kFormats) {
    if (each.name == text) return each.format;
    names.push_back(each.name);
  }
  return Problem{"'" + text + "' is no format" + what_would_be_right(text, names)};
}

}  // namespace

Result<std::filesystem::path> Flags::only_folder() const {
  if (files_.size() == 1) return {boost::system::in_place_value, files_.front()};
  return Problem{files_.empty() ? "name the report's folder, such as ./truemirror-report"
                                : "'" + files_[1] + "' is one folder too many"};
}

Result<ReplayArguments> Flags::replay_arguments() const {
  ReplayArguments out;
  out.captures = as_paths(files_);
  if (files_.empty()) return Problem{"name the capture to replay, a file or a folder"};
  if (!candidate_) return Problem{"replay needs --candidate URL, the upstream under test"};
  auto candidate = parsed("--candidate", candidate_, UpstreamUrl::parse);
  if (candidate.has_error()) return candidate.error();
  auto stable = stable_or_recorded(stable_);
  if (stable.has_error()) return stable.error();
  auto control = parsed("--control", control_, UpstreamUrl::parse);
  if (control.has_error()) return control.error();
  const auto speed = parsed("--speed", speed_, parse_speed);
  if (speed.has_error()) return speed.error();
  const auto rate = parsed("--rate", rate_, parse_rate);
  if (rate.has_error()) return rate.error();
  const auto connections =
      parsed("--connections", connections_, [](std::string_view text) { return parse_count(text, 1, 10'000); });
  if (connections.has_error()) return connections.error();
  if (*rate && speed_) return Problem{"--rate and --speed each set the pace; give one"};
  if (*connections && speed_ != "max") return Problem{"--connections goes with --speed max, which has no due times"};
  out.candidate = **std::move(candidate);
  out.stable = *std::move(stable);
  out.control = *std::move(control);
  out.allow_same_address = allow_same_address_;
  if (*speed) out.speed = **speed;
  out.rate = *rate;
  if (*connections) out.connections = **connections;

  auto rules = rules_of(rules_);
  if (rules.has_error()) return rules.error();
  out.rules = *std::move(rules);
  if (openapi_) {
    auto templates = load_openapi(*openapi_);
    if (templates.has_error()) return templates.error();
    out.templates = *std::move(templates);
  }
  if (!out.speed) out.policy.burst = std::chrono::milliseconds{100};  // design.md §8
  if (policy_) {
    auto policy = load_policy_over(out.policy, *policy_);
    if (policy.has_error()) return policy.error();
    out.policy = *std::move(policy);
  }
  if (report_) out.report = *report_;
  out.comparisons = comparisons_;
  return out;
}

Result<DiffArguments> Flags::diff_arguments() const {
  DiffArguments out;
  out.captures = as_paths(files_);
  if (files_.empty()) return Problem{"name the capture to compare, a file or a folder"};
  auto rules = rules_of(rules_);
  if (rules.has_error()) return rules.error();
  out.rules = *std::move(rules);
  if (openapi_) {
    auto templates = load_openapi(*openapi_);
    if (templates.has_error()) return templates.error();
    out.templates = *std::move(templates);
  }
  if (report_) out.report = *report_;
  out.comparisons = comparisons_;
  return out;
}

Result<ReportArguments> Flags::report_arguments() const {
  ReportArguments out;
  const auto dir = only_folder();
  if (dir.has_error()) return dir.error();
  out.dir = *dir;
  const auto format = parsed("--format", format_, parse_format);
  if (format.has_error()) return format.error();
  if (*format) out.format = **format;
  if (output_) out.output = *output_;
  if (color_ && *color_ != "auto" && *color_ != "always" && *color_ != "never") {
    return Problem{"--color: '" + *color_ + "' is none of auto, always, never"};
  }
  if (color_ && *color_ != "auto") out.color = *color_ == "always";
  if (out.color.value_or(false) && out.format != ReportFormat::text)
    return Problem{"--color is for --format text alone"};
  if (!accept_ && (reason_ || rules_)) return Problem{"--reason and --rules go with --accept ID"};
  if (!accept_) return out;
  if (!reason_ || reason_->empty()) return Problem{"--accept needs --reason TEXT, for whoever reviews the rule"};
  if (!rules_) return Problem{"--accept needs --rules FILE, the file that the rule is added to"};
  if (format_ || output_ || color_)
    return Problem{"--accept writes a rule and prints no report; leave --format, --output and --color out"};
  out.accept = ReportArguments::Accept{*accept_, *reason_, *rules_};
  return out;
}

Result<CheckArguments> Flags::check_arguments() const {
  CheckArguments out{config_, rules_, policy_, example_};
  if (example_ && !rules_) return Problem{"--example needs --rules FILE, the rules that it is explained by"};
  if (format_ && !example_) return Problem{"--format is for what --example FILE explains"};
  if (format_ && *format_ != "text" && *format_ != "json") {
    return Problem{"--format: '" + *format_ + "' is neither text nor json"};
  }
  out.json = format_ == "json";
  return out;
}

Result<CaptureArguments> Flags::capture_arguments(CaptureAction action) const {
  CaptureArguments out;
  out.action = action;
  out.files = as_paths(files_);
  if (files_.empty()) return Problem{"name a capture file or a folder of them"};
  out.json = json_;
  const auto id = parsed("--id", id_, [](std::string_view text) { return parse_count(text, 1, UINT64_MAX); });
  if (id.has_error()) return id.error();
  out.id = *id;
  if (format_ && *format_ != "gor" && *format_ != "har") {
    return Problem{"--format: '" + *format_ + "' is neither gor nor har"};
  }
  out.har = format_ == "har";
  if (output_) out.output = *output_;
  if (!output_ && action == CaptureAction::import_other) {
    return Problem{"import needs --output DIR, where the capture goes"};
  }
  return out;
}

namespace {

template <class Arguments, class Command>
Result<int> run_with(const Result<Arguments>& arguments, const Command& command) {
  if (arguments.has_error()) return arguments.error();
  return command(*arguments);
}

}  // namespace

Result<int> Flags::run(const std::string& path, const LongCommands& commands) {
  if (path == "serve") return run_with(load_serve_config(serve_), commands.serve);
  if (path == "replay") return run_with(replay_arguments(), commands.replay);
  if (path == "diff") return run_with(diff_arguments(), commands.diff);
  if (path == "report") return run_with(report_arguments(), report_command);
  if (path == "check") return run_with(check_arguments(), check_command);
  if (path == "gate") {
    const auto dir = only_folder();
    if (dir.has_error()) return dir.error();
    GateArguments arguments{*dir, std::nullopt};
    if (policy_) arguments.policy = *policy_;
    return gate_command(arguments);
  }
  static constexpr std::array<std::pair<std::string_view, CaptureAction>, 6> kActions{
      {{"capture ls", CaptureAction::ls},
       {"capture cat", CaptureAction::cat},
       {"capture verify", CaptureAction::verify},
       {"capture dict", CaptureAction::dict},
       {"capture import", CaptureAction::import_other},
       {"capture export", CaptureAction::export_other}}};
  for (const auto& [name, action] : kActions) {
    if (name == path) return run_with(capture_arguments(action), capture_command);
  }
  return Problem{"there is no subcommand '" + path + "'"};
}

}  // namespace truemirror
