// What is in effect, as a file that means the same. Tokens and keys are never in it.
#include <yaml-cpp/yaml.h>

#include "proxy/cli/config.h"
#include "proxy/cli/config_upstream.h"
#include "proxy/cli/values.h"

namespace truemirror {
namespace {

std::string or_missing(const UpstreamUrl& url) { return url.text.empty() ? "(missing)" : url.text; }

YAML::Node list(const std::vector<std::string>& words) {
  YAML::Node node(YAML::NodeType::Sequence);
  node.SetStyle(YAML::EmitterStyle::Flow);
  for (const std::string& word : words) node.push_back(word);
  return node;
}

// Values may be credentials: the names tell what happens.
YAML::Node edits(const RouteHeaderEdits& from) {
  YAML::Node node;
  if (!from.remove.empty()) node["remove"] = list(from.remove);
  for (const auto& each : from.replace) {
    node["replace"][each.name]["from"] = each.from;
    node["replace"][each.name]["to"] = each.to;
  }
  for (const auto& each : from.set) node["set"][each.name] = "(set)";
  return node;
}

YAML::Node route(const RouteConfig& from, double sample) {
  YAML::Node node;
  node["match"] = from.match;
  node["methods"] = list(from.methods.empty() ? std::vector<std::string>{"GET", "HEAD", "OPTIONS"} : from.methods);
  node["sample"] = format_fraction(from.sample.value_or(sample));
  if (from.timeout) node["timeout"] = format_duration(*from.timeout);
  if (!from.candidate.empty()) node["headers"]["candidate"] = edits(from.candidate);
  if (!from.control.empty()) node["headers"]["control"] = edits(from.control);
  return node;
}

YAML::Node redaction(const RedactionOptions& from) {
  YAML::Node node(YAML::NodeType::Map);
  node["headers"] = list(from.extra_headers);
  node["fields"] = list(from.extra_fields);
  node["query"] = list(from.extra_query);
  if (from.keep_headers) node["keep_headers"] = list(*from.keep_headers);
  if (from.keep_fields) node["keep_fields"] = list(*from.keep_fields);
  return node;
}

}  // namespace

std::string effective_config(const ServeConfig& config) {
  YAML::Node node;
  node["version"] = 1;
  node["listen"] = effective_listen(config.listen);
  node["stable"] = effective_upstream(or_missing(config.stable), config.stable_tls.options, config.stable_keep_alive);
  node["candidate"] =
      effective_upstream(or_missing(config.candidate), config.candidate_tls.options, config.candidate_keep_alive);
  node["control"] = effective_upstream(config.control             ? config.control->text
                                       : config.control_is_stable ? "stable"
                                                                  : "none",
                                       config.control_tls.options, config.control_keep_alive);
  if (config.allow_same_address) node["allow_same_address"] = true;
  node["via"] = config.via ? "on" : "off";
  node["sample"] = format_fraction(config.sample);
  node["threads"] = config.threads;
  if (config.openapi_file) node["routes"].push_back(YAML::Load("openapi: ''"));
  if (config.openapi_file) node["routes"][0]["openapi"] = config.openapi_file->string();
  for (const RouteConfig& each : config.routes) node["routes"].push_back(route(each, config.sample));
  node["budgets"]["in_flight"] = config.budgets.in_flight;
  node["budgets"]["bytes"] = format_size(config.budgets.bytes);
  node["budgets"]["copy_limit"] = format_size(config.budgets.copy_limit);
  node["budgets"]["compare_queue"] = config.budgets.compare_queue;
  node["budgets"]["timeout"] = format_duration(config.budgets.timeout);
  if (config.capture.dir) {
    node["capture"]["dir"] = config.capture.dir->string();
    node["capture"]["segment_size"] = format_size(config.capture.segment_bytes);
    node["capture"]["segment_age"] = format_duration(config.capture.segment_age);
    node["capture"]["queue"] = format_size(config.capture.queue_bytes);
  }
  node["redaction"] = redaction(config.redaction);
  if (config.rules_file) node["rules"] = config.rules_file->string();
  if (config.policy_file) node["policy"] = config.policy_file->string();
  node["report"] = config.report.string();
  node["admin"]["listen"] = to_string(config.admin.listen);
  if (config.admin.token) node["admin"]["token"] = "(set)";
  node["log"]["level"] = config.log.level;
  node["log"]["format"] = config.log.json ? "json" : "text";
  YAML::Emitter out;
  out << node;
  return std::string(out.c_str()) + "\n";
}

}  // namespace truemirror
