// `truemirror check`: reads what serve would read, and prints what is in effect; with --example, what the rules make of
// it. Looks upstreams' names up; connects to nobody, writes no file.
#include <array>
#include <iostream>

#include "proxy/cli/commands.h"
#include "proxy/cli/example_file.h"
#include "proxy/cli/explain.h"
#include "proxy/cli/input_files.h"
#include "proxy/cli/load_tls.h"
#include "proxy/cli/same_address.h"
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

std::string shown(std::chrono::microseconds time) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time);
  return millis == time ? format_duration(millis) : std::to_string(time.count()) + "us";
}

void print_budget(const std::string& whose, const LatencyBudget& budget) {
  constexpr std::array<const char*, 3> kNames{" p50 ", " p90 ", " p99 "};
  std::string text;
  for (std::size_t i = 0; i < budget.size(); ++i) {
    if (budget[i]) text += (text.empty() ? "" : ",") + (kNames[i] + shown(*budget[i]));
  }
  if (!text.empty()) std::cout << "#   latency budget of " << whose << ":" << text << "\n";
}

void print_policy(const Policy& policy) {
  const Tolerances& tolerances = policy.tolerances;
  const auto percent = [](double value) { return format_fraction(value); };
  std::cout << "# policy in effect:\n"
            << "#   alpha: " << percent(policy.alpha) << ", burst: " << format_duration(policy.burst)
            << ", coverage: " << percent(policy.coverage)
            << ", uncalibrated: " << (policy.allow_uncalibrated ? "allow" : "deny")
            << ", control_differs: " << percent(policy.control_differs) << "\n"
            << "#   tolerances: divergence " << percent(tolerances.divergence) << ", errors "
            << percent(tolerances.errors) << ", critical " << percent(tolerances.critical) << ", latency p50 "
            << percent(tolerances.latency_p50) << ", p90 " << percent(tolerances.latency_p90) << ", p99 "
            << percent(tolerances.latency_p99) << "\n"
            << "#   latency margin: " << percent(policy.latency_margin) << " and "
            << shown(policy.latency_margin_absolute) << "\n";
  print_budget("every endpoint", policy.budget);
  for (const EndpointBudget& each : policy.endpoint_budgets) print_budget("'" + each.endpoint + "'", each.budget);
  print_patterns("excluded", policy.excluded);
  print_patterns("critical", policy.critical);
}

void print_rules(const RuleSet& rules) {
  std::cout << "# rules in effect, " << (rules.defaults() ? "beside" : "without") << " the default header rules:\n";
  for (const Rule& rule : rules.rules()) {
    std::cout << "#   line " << rule.line << ": " << rule.text;
    if (rule.expired) {
      std::cout << " (EXPIRED " << rule.expires << ": hides nothing)";
    } else if (!rule.expires.empty()) {
      std::cout << " (until " << rule.expires << ")";
    }
    std::cout << ": " << rule.reason << "\n";
  }
}

Result<std::string> example_text(const std::string& file) {
  constexpr std::size_t kMost = 256u << 20;  // a whole report
  if (file != "-") return read_text_file(file, kMost);
  std::string text;
  for (std::string line; text.size() < kMost && std::getline(std::cin, line);) text += line + "\n";
  return {boost::system::in_place_value, std::move(text)};
}

int explain_example(const CheckArguments& arguments) {
  const auto rules = load_rules(*arguments.rules);
  if (rules.has_error()) return failed(rules.error());
  const auto text = example_text(*arguments.example);
  if (text.has_error()) return failed(text.error());
  auto examples = parse_examples(*text, *arguments.example == "-" ? "stdin" : *arguments.example);
  if (examples.has_error()) return failed(examples.error());
  std::vector<Explanation> all;
  for (RuleExample& each : *examples) all.push_back(explain(std::move(each), *rules));
  std::cout << (arguments.json ? explanations_as_json(all, **rules)
                               : explanations_as_text(all, **rules, *arguments.rules))
            << std::flush;
  return kDone;
}

}  // namespace

int check_command(const CheckArguments& arguments) {
  if (arguments.example) return explain_example(arguments);
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
  if (config->openapi_file) {
    auto templates = load_openapi(*config->openapi_file);
    if (templates.has_error()) return failed(templates.error());
    config->templates = *std::move(templates);
  }
  if (const auto loaded = load_tls(*config); loaded.has_error()) return failed(loaded.error());
  if (const auto apart = check_addresses(*config); apart.has_error()) return failed(apart.error());
  for (const std::string& warning : tls_warnings(*config)) std::cerr << "truemirror check: " << warning << "\n";
  // Rules or a policy alone are asked about, not a serve that nobody has configured.
  const bool all = arguments.config || (!arguments.rules && !arguments.policy);
  if (all) std::cout << effective_config(*config);
  if (all || arguments.policy) print_policy(config->policy);
  if (config->rules) print_rules(*config->rules);
  if (config->openapi_file) {
    std::cout << "# endpoints named by " << config->templates.source << ":\n";
    for (const std::string& route : config->templates.routes) std::cout << "#   " << route << "\n";
  }
  std::cout << std::flush;
  return kDone;
}

}  // namespace truemirror
