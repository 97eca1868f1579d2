// The command line: flags to arguments, and what to say when they are wrong. CLI11 splits words; values are parsed
// here, so that flags and configuration file give the same messages.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "proxy/cli/commands.h"
#include "proxy/cli/flags.h"
#include "proxy/cli/version.h"
#include "proxy/http/nearest.h"

namespace truemirror {
namespace {

int complain(const std::string& command, const std::string& text) {
  const std::string words = command.empty() ? "truemirror" : "truemirror " + command;
  std::cerr << words << ": " << text << "\n(`" << words << " --help` shows examples)\n";
  return kUsage;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(each->get_name());
  return names;
}

std::vector<std::string> flag_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// What was typed and is neither a flag, nor a value, nor a subcommand; empty where all is well.
std::string stray_word(const CLI::App& app) {
  const std::vector<std::string> left = app.remaining();
  for (const std::string& word : left) {
    if (!word.starts_with('-') || word == "-") continue;
    const std::string flag = word.substr(0, word.find('='));
    return "there is no flag " + flag + did_you_mean(flag, flag_names(app));
  }
  if (left.empty()) return "";
  return "'" + left.front() + "' is one word too many";
}

// The subcommand that was named last: `capture` or `capture ls`.
const CLI::App* chosen(const CLI::App& app) {
  const auto below = app.get_subcommands();
  return below.empty() ? &app : chosen(*below.front());
}

std::string path_of(const CLI::App* app) {
  std::string path;
  for (; app != nullptr && app->get_parent() != nullptr; app = app->get_parent()) {
    path = app->get_name() + (path.empty() ? "" : " " + path);
  }
  return path;
}

// CLI11 says "--listen: At Most 1 required but received 2" and "--listen: 1 required HOST:PORT missing".
std::string miscounted(const std::string& text) {
  const std::size_t colon = text.find(": ");
  if (colon == std::string::npos) return text;
  const std::string flag = text.substr(0, colon);
  if (text.find("At Most 1", colon) != std::string::npos) return flag + " is given more than once; keep one";
  constexpr std::string_view kRequired = "1 required ", kMissing = " missing";
  if (text.compare(colon + 2, kRequired.size(), kRequired) != 0 || !text.ends_with(kMissing)) return text;
  const std::size_t value = colon + 2 + kRequired.size();
  return flag + " needs a value: " + flag + " " + text.substr(value, text.size() - kMissing.size() - value);
}

int run_chosen(const CLI::App& root, Flags& flags, const LongCommands& commands) {
  const CLI::App* app = chosen(root);
  const std::string path = path_of(app);
  const std::vector<std::string> below = subcommand_names(*app);
  if (!below.empty()) {
    const std::vector<std::string> left = app->remaining();
    if (left.empty()) return complain(path, "name a subcommand: " + joined(below));
    if (left.front().starts_with('-')) return complain(path, stray_word(*app));
    return complain(path, "there is no subcommand '" + left.front() + "'" + what_would_be_right(left.front(), below));
  }
  if (const std::string stray = stray_word(*app); !stray.empty()) return complain(path, stray);
  const Result<int> code = flags.run(path, commands);
  return code.has_error() ? complain(path, code.error().text) : *code;
}

}  // namespace

int run_cli(int argc, const char* const* argv, const LongCommands& commands) {
  CLI::App app(kAbout, "truemirror");
  Flags flags;
  flags.declare(app);
  app.set_version_flag("--version", version_text());
  app.get_formatter()->column_width(28);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const CLI::App* asked = chosen(app);
    const std::string above = path_of(asked->get_parent());
    std::cout << asked->help(asked == &app ? "" : "truemirror" + (above.empty() ? "" : " " + above));
    return kDone;
  } catch (const CLI::CallForVersion&) {
    std::cout << version_text() << "\n";
    return kDone;
  } catch (const CLI::ArgumentMismatch& error) {
    return complain(path_of(chosen(app)), miscounted(error.what()));
  } catch (const CLI::ParseError& error) {
    return complain(path_of(chosen(app)), error.what());
  }
  try {
    return run_chosen(app, flags, commands);
  } catch (const std::exception& error) {
    std::cerr << "truemirror: " << error.what() << "\n";
    return kRuntime;
  }
}

}  // namespace truemirror
