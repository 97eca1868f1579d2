// All subcommands with their flags, and how flags become arguments. Values are parsed when the command line as a whole
// is known to be well formed. Lives for one run of the program.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "proxy/cli/commands.h"

namespace truemirror {

inline constexpr const char* kAbout =
    "Mirrors live HTTP traffic to the candidate version of a service and reports where it differs from the stable "
    "one.\n"
    "The candidate never answers a user.\n\n"
    "Examples:\n"
    "  truemirror serve --stable http://127.0.0.1:9001 --candidate http://127.0.0.1:9002 \\\n"
    "                   --control http://127.0.0.1:9003\n"
    "  truemirror report ./truemirror-report\n"
    "  truemirror gate ./truemirror-report && deploy\n";

class Flags {
 public:
  // Adds the subcommands to `app`, which must not outlive this object.
  void declare(CLI::App& app);
  // Runs the subcommand of that path (`report`, `capture ls`). Error: a flag is wrong; nothing was done.
  [[nodiscard]] Result<int> run(const std::string& path, const LongCommands& commands);

 private:
  using Text = std::optional<std::string>;

  void declare_serve(CLI::App& app);
  void declare_replay(CLI::App& app);
  void declare_diff(CLI::App& app);
  void declare_report(CLI::App& app);
  void declare_gate(CLI::App& app);
  void declare_capture(CLI::App& app);
  void declare_check(CLI::App& app);

  [[nodiscard]] Result<ReplayArguments> replay_arguments() const;
  [[nodiscard]] Result<DiffArguments> diff_arguments() const;
  [[nodiscard]] Result<ReportArguments> report_arguments() const;
  [[nodiscard]] Result<CheckArguments> check_arguments() const;
  [[nodiscard]] Result<CaptureArguments> capture_arguments(CaptureAction action) const;
  [[nodiscard]] Result<std::filesystem::path> only_folder() const;

  ServeFlags serve_;
  // Shared by the other subcommands: only one of them runs.
  std::vector<std::string> files_;
  Text candidate_, stable_, control_, speed_, rate_, connections_, rules_, policy_, report_, comparisons_, config_,
      openapi_;
  Text format_, output_, color_, accept_, reason_, id_, example_;
  bool json_ = false, allow_same_address_ = false;
};

// "a, b, c"
[[nodiscard]] std::string joined(const std::vector<std::string>& words);

}  // namespace truemirror
