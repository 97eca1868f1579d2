// The subcommands: what each is given, already checked, and the exit code it returns (design.md §5). Results go to
// stdout, everything else to stderr. Each lives in a file of its own, <name>_command.cc.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diff/report/openapi.h"
#include "diff/rules.h"
#include "diff/stats/policy.h"
#include "proxy/cli/config.h"
#include "proxy/cli/version.h"
#include "proxy/upstream/url.h"

namespace truemirror {

// 0 done or pass, 1 fail (gate) or damaged (capture verify), 2 usage or configuration, 3 inconclusive (gate), 4
// runtime.
enum ExitCode : int { kDone = 0, kFailed = 1, kUsage = 2, kInconclusive = 3, kRuntime = 4 };

struct ReplayArguments {
  std::vector<std::filesystem::path> captures;  // at least one; files or folders
  UpstreamUrl candidate;
  std::optional<UpstreamUrl> stable;  // none: the recorded answers
  std::optional<UpstreamUrl> control;
  bool allow_same_address = false;
  std::optional<double> speed = 1.0;     // > 0; none: `max`, closed loop
  std::optional<double> rate;            // requests a second, > 0; due times are spread evenly then. Never with `max`
  std::size_t connections = 32;          // of the closed loop
  std::shared_ptr<const RuleSet> rules;  // null where no file is named
  Policy policy;
  EndpointTemplates templates;  // none where no OpenAPI file is named
  std::filesystem::path report = "./truemirror-report";
  std::optional<std::string> comparisons;  // a file, or `-` for stdout
};

struct DiffArguments {
  std::vector<std::filesystem::path> captures;
  std::shared_ptr<const RuleSet> rules;
  EndpointTemplates templates;
  std::filesystem::path report = "./truemirror-report";
  std::optional<std::string> comparisons;
};

enum class ReportFormat : std::uint8_t { text, json, markdown, html, junit };

struct ReportArguments {
  std::filesystem::path dir;
  ReportFormat format = ReportFormat::text;
  std::optional<std::filesystem::path> output;  // none: stdout
  std::optional<bool> color;                    // none: where stdout is a terminal and NO_COLOR is not set
  struct Accept {
    std::string finding, reason;
    std::filesystem::path rules;
  };
  std::optional<Accept> accept;  // instead of printing
};

struct GateArguments {
  std::filesystem::path dir;
  std::optional<std::filesystem::path> policy;
};

enum class CaptureAction : std::uint8_t { ls, cat, verify, dict, import_other, export_other };

struct CaptureArguments {
  CaptureAction action = CaptureAction::ls;
  std::vector<std::filesystem::path> files;  // at least one
  bool json = false;                         // cat: one JSON line an exchange
  std::optional<std::uint64_t> id;           // cat: only this exchange
  bool har = false;                          // export: HAR 1.2 instead of GoReplay
  std::optional<std::filesystem::path>
      output;  // import: a folder, always there; export: a new file, or none for stdout
};

struct CheckArguments {
  std::optional<std::string> config, rules, policy;
  std::optional<std::string> example;  // a file or `-`; never without rules
  bool json = false;                   // of the explanation
};

int serve_command(const ServeConfig& config);
int replay_command(const ReplayArguments& arguments);
int diff_command(const DiffArguments& arguments);
int report_command(const ReportArguments& arguments);
int gate_command(const GateArguments& arguments);
int capture_command(const CaptureArguments& arguments);
int check_command(const CheckArguments& arguments);

// The commands that open sockets or run for long, given from outside so that parsing can be tested without them.
struct LongCommands {
  std::function<int(const ServeConfig&)> serve;
  std::function<int(const ReplayArguments&)> replay;
  std::function<int(const DiffArguments&)> diff;
};

// Parses the command line and runs what it asks for. Returns the exit code; never throws.
int run_cli(int argc, const char* const* argv, const LongCommands& commands);

}  // namespace truemirror
