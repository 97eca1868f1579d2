#include "diff/report/policy_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <optional>

#include "diff/one_document.h"
#include "proxy/http/canonical_path.h"
#include "proxy/http/nearest.h"

namespace truemirror {
namespace {

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// `1%`, `1 %` or `0.01`.
std::optional<double> fraction(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  while (percent && text.ends_with(' ')) text.remove_suffix(1);
  const std::optional<double> value = number(text);
  return value && percent ? *value / 100 : value;
}

// `250us`, `100ms`, `1s` or `2m`, in seconds.
std::optional<double> duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  for (const Unit unit : {Unit{"us", 1e-6}, Unit{"ms", 1e-3}, Unit{"s", 1}, Unit{"m", 60}}) {
    if (!text.ends_with(unit.name)) continue;
    const std::optional<double> value = number(text.substr(0, text.size() - unit.name.size()));
    if (value) return *value * unit.seconds;
  }
  return std::nullopt;
}

std::string clipped(std::string_view text) {
  std::string shown(text.substr(0, 60));
  std::replace_if(shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return "'" + shown + (text.size() > 60 ? "…'" : "'");
}

// Reads one document into a policy; stops at the first problem.
class PolicyReader {
 public:
  PolicyReader(Policy& policy, std::string_view file) : policy_(policy), file_(file) {}

  void read(const YAML::Node& root) {
    if (root.IsNull()) return;
    map(root, "a policy",
        {{"alpha", [&](auto& n) { policy_.alpha = fraction_in(n, 1e-12, 0.5); }},
         {"burst", [&](auto& n) { policy_.burst = time<std::chrono::milliseconds>(n, 0.001, 3600); }},
         {"coverage", [&](auto& n) { policy_.coverage = fraction_in(n, 0, 1); }},
         {"uncalibrated", [&](auto& n) { uncalibrated(n); }},
         {"control_differs", [&](auto& n) { policy_.control_differs = fraction_in(n, 0, 1); }},
         {"tolerances", [&](auto& n) { tolerances(n); }},
         {"latency", [&](auto& n) { latency(n); }},
         {"endpoints", [&](auto& n) { endpoints(n); }},
         {"version", [&](auto& n) { version(n); }}});
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Key {
    std::string_view name;
    std::function<void(const YAML::Node&)> read;
  };

  void refuse(const YAML::Node& node, const std::string& text) {
    if (!problem_.empty()) return;
    const YAML::Mark mark = node.Mark();
    problem_ = file_ + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": " + text;
  }

  void map(const YAML::Node& node, const std::string& what, const std::vector<Key>& keys) {
    if (!node.IsMap()) return refuse(node, what + " is a map of keys, such as '" + std::string(keys[0].name) + ": …'");
    std::vector<std::string> seen;
    for (const auto& entry : node) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
      const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& each) { return each.name == name; });
      if (key == keys.end()) return unknown(entry.first, name, keys);
      if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
        return refuse(entry.first, "'" + name + "' is given twice; keep one");
      }
      seen.push_back(name);
      key->read(entry.second);
    }
  }

  void unknown(const YAML::Node& at, const std::string& name, const std::vector<Key>& keys) {
    std::vector<std::string> names;
    for (const Key& key : keys) names.emplace_back(key.name);
    refuse(at, clipped(name) + " is no key here" + what_would_be_right(name, names));
  }

  // A value that does not parse is refused, and its default kept.
  double fraction_in(const YAML::Node& node, double lowest, double highest) {
    const std::optional<double> value = node.IsScalar() ? fraction(node.Scalar()) : std::nullopt;
    if (value && *value >= lowest && *value <= highest) return *value;
    refuse(node, (node.IsScalar() ? clipped(node.Scalar()) : "this") + " is no fraction from " + shown(lowest) +
                     " to " + shown(highest) + "; write 1% or 0.01");
    return lowest;
  }

  template <class Duration>
  Duration time(const YAML::Node& node, double lowest, double highest) {
    const std::optional<double> seconds = node.IsScalar() ? duration(node.Scalar()) : std::nullopt;
    if (seconds && *seconds >= lowest && *seconds <= highest) {
      return std::chrono::round<Duration>(std::chrono::duration<double>(*seconds));
    }
    refuse(node, (node.IsScalar() ? clipped(node.Scalar()) : "this") + " is no duration from " + shown(lowest) +
                     "s to " + shown(highest) + "s; write 100ms or 1s");
    return {};
  }

  static std::string shown(double value) {
    std::string text(32, '\0');
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    text.resize(static_cast<std::size_t>(end - text.data()));
    return text;
  }

  // May be left out, unlike in rules and configuration: policies were written before they had one.
  void version(const YAML::Node& node) {
    const std::string value = node.IsScalar() ? node.Scalar() : std::string();
    if (value != "1") refuse(node, "version " + clipped(value) + ": this program reads version 1 of policies");
  }

  void uncalibrated(const YAML::Node& node) {
    const std::string value = node.IsScalar() ? node.Scalar() : std::string();
    if (value != "allow" && value != "deny") return refuse(node, clipped(value) + " is neither 'deny' nor 'allow'");
    policy_.allow_uncalibrated = value == "allow";
  }

  void tolerances(const YAML::Node& node) {
    Tolerances& to = policy_.tolerances;
    const auto into = [this](double& field) { return [this, &field](auto& n) { field = fraction_in(n, 1e-9, 1); }; };
    map(node, "'tolerances'",
        {{"divergence", into(to.divergence)},
         {"errors", into(to.errors)},
         {"critical", into(to.critical)},
         {"latency_p50", into(to.latency_p50)},
         {"latency_p90", into(to.latency_p90)},
         {"latency_p99", into(to.latency_p99)}});
  }

  void latency(const YAML::Node& node) {
    map(node, "'latency'",
        {{"margin", [&](auto& n) { policy_.latency_margin = fraction_in(n, 0, 100); }},
         {"margin_absolute",
          [&](auto& n) { policy_.latency_margin_absolute = time<std::chrono::microseconds>(n, 0, 3600); }},
         {"budget", [&](auto& n) { policy_.budget = budget(n); }}});
  }

  LatencyBudget budget(const YAML::Node& node) {
    LatencyBudget read;
    const auto into = [this](std::optional<std::chrono::microseconds>& field) {
      return [this, &field](const YAML::Node& n) { field = time<std::chrono::microseconds>(n, 1e-6, 3600); };
    };
    map(node, "a budget", {{"p50", into(read[0])}, {"p90", into(read[1])}, {"p99", into(read[2])}});
    return read;
  }

  void budgets(const YAML::Node& node) {
    if (!node.IsMap()) return refuse(node, "'budget' maps endpoint patterns to budgets: \"GET /search*\": {p99: 1s}");
    for (const auto& entry : node) {
      if (!entry.first.IsScalar() || entry.first.Scalar().empty()) {
        return refuse(entry.first, "an endpoint pattern is a text, such as \"GET /search*\"");
      }
      policy_.endpoint_budgets.push_back({canonical_template(entry.first.Scalar()), budget(entry.second)});
    }
  }

  void endpoints(const YAML::Node& node) {
    map(node, "'endpoints'",
        {{"exclude", [&](auto& n) { policy_.excluded = patterns(n); }},
         {"critical", [&](auto& n) { policy_.critical = patterns(n); }},
         {"budget", [&](auto& n) { budgets(n); }}});
  }

  std::vector<std::string> patterns(const YAML::Node& node) {
    std::vector<std::string> all;
    if (!node.IsSequence()) {
      refuse(node, "here stands a list of endpoint patterns, such as [\"GET /health*\"]");
      return all;
    }
    for (const YAML::Node& each : node) {
      if (!each.IsScalar() || each.Scalar().empty()) {
        refuse(each, "an endpoint pattern is a text, such as \"GET /health*\"");
        return all;
      }
      all.push_back(canonical_template(each.Scalar()));
    }
    return all;
  }

  Policy& policy_;
  std::string file_, problem_;
};

}  // namespace

Result<Policy> parse_policy(std::string_view yaml, std::string_view file_name, Policy policy) {
  constexpr std::size_t kLongest = 1u << 20;
  const std::string file(file_name);
  if (yaml.size() > kLongest) return Problem{file + ": is longer than 1 MiB; a policy file is not"};
  PolicyReader reader(policy, file);
  try {
    reader.read(load_one_document(yaml));
  } catch (const YAML::Exception& error) {
    const std::string place =
        error.mark.is_null() ? ""
                             : ":" + std::to_string(error.mark.line + 1) + ":" + std::to_string(error.mark.column + 1);
    return Problem{file + place + ": is no YAML: " + error.msg};
  }
  if (!reader.problem().empty()) return Problem{reader.problem()};
  return policy;
}

}  // namespace truemirror
