// `truemirror check`: reads what serve would read, and prints what is in effect. Opens no socket, writes no file.
#include <iostream>

#include "proxy/cli/commands.h"
#include "proxy/cli/input_files.h"
#include "proxy/cli/text_file.h"
#include "proxy/cli/values.h"

namespace truemirror {
namespace {

int failed(const Problem& problem) {
  std::cerr << "truemirror check: " << problem.text << "\n";
  return kUsage;
}

Result<ServeConfig> config_of(const std::optional<std::string>& file) {
  if (!file) return parse_config("", "");
  const auto text = read_text_file(*file);
  if (text.has_error()) return text.error();
  return parse_config(*text, *file);
}

void print_patterns(const char* key, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return;
  std::cout << "#   " << key << ":";
  for (const std::string& each : patterns) std::cout << " '" << each << "'";
  std::cout << "\n";
}

void print_policy(const Policy& policy) {
  const Tolerances& tolerances = policy.tolerances;
  const auto percent = [](double value) { return format_fraction(value); };
  std::cout << "# policy in effect:\n"
            << "#   alpha: " << percent(policy.alpha) << ", burst: " << format_duration(policy.burst)
            << ", coverage: " << percent(policy.coverage)
            << ", uncalibrated: " << (policy.allow_uncalibrated ? "allow" : "deny") << "\n"
            << "#   tolerances: divergence " << percent(tolerances.divergence) << ", errors "
            << percent(tolerances.errors) << ", critical " << percent(tolerances.critical) << ", latency p50 "
            << percent(tolerances.latency_p50) << ", p90 " << percent(tolerances.latency_p90) << ", p99 "
            << percent(tolerances.latency_p99) << "\n"
            << "#   latency margin: " << percent(policy.latency_margin) << " and "
            << policy.latency_margin_absolute.count() << "us\n";
  print_patterns("excluded", policy.excluded);
  print_patterns("critical", policy.critical);
}

void print_rules(const RuleSet& rules) {
  std::cout << "# rules in effect, " << (rules.defaults() ? "beside" : "without") << " the default header rules:\n";
  for (const Rule& rule : rules.rules()) {
    std::cout << "#   " << rule.text << (rule.expired ? " (EXPIRED: hides nothing)" : "") << ": " << rule.reason
              << "\n";
  }
}

}  // namespace

int check_command(const CheckArguments& arguments) {
  auto config = config_of(arguments.config);
  if (config.has_error()) return failed(config.error());
  if (arguments.rules) config->rules_file = *arguments.rules;
  if (arguments.policy) config->policy_file = *arguments.policy;
  if (config->rules_file) {
    auto rules = load_rules(*config->rules_file);
    if (rules.has_error()) return failed(rules.error());
    config->rules = *std::move(rules);
  }
  if (config->policy_file) {
    auto policy = load_policy(*config->policy_file);
    if (policy.has_error()) return failed(policy.error());
    config->policy = *std::move(policy);
  }
  std::cout << effective_config(*config);
  print_policy(config->policy);
  if (config->rules) print_rules(*config->rules);
  std::cout << std::flush;
  return kDone;
}

}  // namespace truemirror
