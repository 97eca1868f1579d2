#include "proxy/cli/config.h"

#include <algorithm>
#include <thread>

#include "diff/one_document.h"
#include "proxy/cli/config_node.h"
#include "proxy/cli/config_route.h"
#include "proxy/cli/config_upstream.h"
#include "proxy/cli/control_choice.h"
#include "proxy/cli/values.h"

namespace truemirror {
namespace {

constexpr std::size_t kShortestToken = 16;

std::size_t count_value(const YAML::Node& node, std::string_view what, std::uint64_t most) {
  return config_value(node, what, "512", [&](std::string_view text) { return parse_count(text, 1, most); });
}

std::size_t size_value(const YAML::Node& node, std::string_view what) {
  return config_value(node, what, "64MiB", parse_size);
}

void read_budgets(const YAML::Node& node, BudgetConfig& budgets) {
  read_config_map(
      node, "budgets",
      {{"in_flight", [&](const auto& n) { budgets.in_flight = count_value(n, "in_flight", 1'000'000); }},
       {"bytes", [&](const auto& n) { budgets.bytes = size_value(n, "bytes"); }},
       {"copy_limit", [&](const auto& n) { budgets.copy_limit = size_value(n, "copy_limit"); }},
       {"compare_queue", [&](const auto& n) { budgets.compare_queue = count_value(n, "compare_queue", 1'000'000); }},
       {"timeout", [&](const auto& n) { budgets.timeout = config_value(n, "timeout", "10s", parse_duration); }}});
  if (budgets.copy_limit > budgets.bytes) {
    config_complain(node, "copy_limit (" + format_size(budgets.copy_limit) + ") is more than bytes (" +
                              format_size(budgets.bytes) + "): not one body would fit");
  }
}

void read_capture(const YAML::Node& node, CaptureConfig& capture) {
  const auto dir = [&](const YAML::Node& n) { capture.dir = config_scalar(n, "capture", "./capture"); };
  if (node.IsScalar()) return dir(node);
  read_config_map(node, "capture",
                  {{"dir", dir},
                   {"segment_size",
                    [&](const auto& n) {
                      capture.segment_bytes = size_value(n, "segment_size");
                      if (capture.segment_bytes < (64u << 10)) config_complain(n, "segment_size is at least 64KiB");
                    }},
                   {"segment_age",
                    [&](const auto& n) {
                      const auto age = config_value(n, "segment_age", "10m", parse_duration);
                      if (age.count() % 1000 != 0) config_complain(n, "segment_age takes whole seconds, such as 10m");
                      capture.segment_age = std::chrono::duration_cast<std::chrono::seconds>(age);
                    }},
                   {"queue", [&](const auto& n) { capture.queue_bytes = size_value(n, "queue"); }}});
}

void read_redaction(const YAML::Node& node, RedactionOptions& redaction) {
  read_config_map(
      node, "redaction",
      {{"headers", [&](const auto& n) { redaction.extra_headers = config_list(n, "headers", "X-Session"); }},
       {"fields", [&](const auto& n) { redaction.extra_fields = config_list(n, "fields", "pin"); }},
       {"query", [&](const auto& n) { redaction.extra_query = config_list(n, "query", "sig"); }},
       {"keep_headers",
        [&](const auto& n) { redaction.keep_headers = config_list(n, "keep_headers", "Content-Type"); }},
       {"keep_fields", [&](const auto& n) { redaction.keep_fields = config_list(n, "keep_fields", "id"); }}});
}

void read_admin(const YAML::Node& node, AdminConfig& admin) {
  const auto listen = [&](const YAML::Node& n) { admin.listen = read_host_port(n, "admin"); };
  if (node.IsScalar()) return listen(node);
  read_config_map(
      node, "admin",
      {{"listen", listen}, {"token", [&](const auto& n) {
                              admin.token = config_scalar(n, "token", "the output of `openssl rand -hex 24`");
                              if (admin.token->size() < kShortestToken) {
                                config_complain(n, "token is too short; `openssl rand -hex 24` makes a good one");
                              }
                            }}});
}

std::string one_of(const YAML::Node& node, std::string_view what, const std::vector<std::string>& known) {
  const std::string text = config_scalar(node, what, known[0]);
  if (std::find(known.begin(), known.end(), text) != known.end()) return text;
  std::string all;
  for (const std::string& each : known) all += (all.empty() ? "" : ", ") + each;
  config_complain(node, std::string(what) + ": '" + text + "' is none of " + all);
}

void read_log(const YAML::Node& node, LogConfig& log) {
  read_config_map(
      node, "log",
      {{"level", [&](const auto& n) { log.level = one_of(n, "level", {"debug", "info", "warn", "error"}); }},
       {"format", [&](const auto& n) { log.json = one_of(n, "format", {"text", "json"}) == "json"; }}});
}

void read_root(const YAML::Node& root, ServeConfig& config) {
  const auto upstream = [](const YAML::Node& n, std::string_view what) {
    return config_value(n, what, "http://127.0.0.1:9001", UpstreamUrl::parse);
  };
  read_config_map(
      root, "the configuration",
      {{"version", [](const auto& n) { (void)one_of(n, "version", {"1"}); }},
       {"listen", [&](const auto& n) { read_listen(n, config.listen); }},
       {"stable",
        [&](const auto& n) {
          read_upstream(n, "stable", config.stable_tls.options, config.stable_keep_alive,
                        [&](const auto& url) { config.stable = upstream(url, "stable"); });
        }},
       {"candidate",
        [&](const auto& n) {
          read_upstream(n, "candidate", config.candidate_tls.options, config.candidate_keep_alive,
                        [&](const auto& url) { config.candidate = upstream(url, "candidate"); });
        }},
       {"control",
        [&](const auto& n) {
          read_upstream(n, "control", config.control_tls.options, config.control_keep_alive, [&](const auto& url) {
            set_control(config, config_value(url, "control", "http://127.0.0.1:9003 or stable", parse_control));
          });
        }},
       {"allow_same_address",
        [&](const auto& n) {
          config.allow_same_address = one_of(n, "allow_same_address", {"true", "false"}) == "true";
        }},
       {"via", [&](const auto& n) { config.via = one_of(n, "via", {"off", "on"}) == "on"; }},
       {"sample", [&](const auto& n) { config.sample = config_value(n, "sample", "10%", parse_fraction); }},
       {"threads", [&](const auto& n) { config.threads = static_cast<unsigned>(count_value(n, "threads", 256)); }},
       {"routes", [&](const auto& n) { config.routes = read_routes(n, config.openapi_file); }},
       {"budgets", [&](const auto& n) { read_budgets(n, config.budgets); }},
       {"capture", [&](const auto& n) { read_capture(n, config.capture); }},
       {"redaction", [&](const auto& n) { read_redaction(n, config.redaction); }},
       {"rules", [&](const auto& n) { config.rules_file = config_scalar(n, "rules", "rules.yaml"); }},
       {"policy", [&](const auto& n) { config.policy_file = config_scalar(n, "policy", "policy.yaml"); }},
       {"report", [&](const auto& n) { config.report = config_scalar(n, "report", "./truemirror-report"); }},
       {"admin", [&](const auto& n) { read_admin(n, config.admin); }},
       {"log", [&](const auto& n) { read_log(n, config.log); }}});
}

std::string place(std::string_view file_name, const YAML::Mark& mark) {
  std::string out(file_name);
  if (mark.is_null()) return out + ": ";
  return out + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": ";
}

}  // namespace

Result<ServeConfig> parse_config(std::string_view yaml, std::string_view file_name) {
  ServeConfig config;
  config.threads = std::clamp(std::thread::hardware_concurrency(), 1u, 256u);
  try {
    const YAML::Node root = load_one_document(yaml);
    if (!root.IsNull()) read_root(root, config);
    return config;
  } catch (const ConfigComplaint& complaint) {
    return Problem{place(file_name, complaint.mark) + complaint.text};
  } catch (const YAML::Exception& error) {
    return Problem{place(file_name, error.mark) + "this is not YAML: " + error.msg};
  }
}

}  // namespace truemirror
