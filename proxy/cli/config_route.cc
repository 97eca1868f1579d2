#include "proxy/cli/config_route.h"

#include <algorithm>
#include <array>

#include "proxy/cli/config_node.h"
#include "proxy/cli/values.h"
#include "proxy/http/headers.h"
#include "proxy/sample/path_pattern.h"

namespace truemirror {
namespace {

// A token of RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kOther = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOther.find(c) != std::string_view::npos;
  });
}

std::string header_name(const YAML::Node& node) {
  constexpr std::array<std::string_view, 9> kOurs{
      "Connection",        "Content-Length",     "Expect", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding",
      "X-Truemirror-Mark", "X-Truemirror-Passed"};
  const std::string name = config_scalar(node, "a header name", "X-Api-Key");
  if (!is_token(name)) config_complain(node, "'" + name + "' is no header name");
  if (std::any_of(kOurs.begin(), kOurs.end(), [&](std::string_view each) { return iequals(each, name); })) {
    config_complain(node, "'" + name + "' is set by truemirror itself and cannot be changed");
  }
  return name;
}

// What may stand in a field value (RFC 9110 §5.5); may be empty.
std::string header_value(const YAML::Node& node, std::string_view what) {
  if (!node.IsScalar()) config_complain(node, std::string(what) + " takes one value");
  const std::string& value = node.Scalar();
  const bool clean = std::none_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
  if (!clean) config_complain(node, std::string(what) + " holds a control character, which no header may");
  return value;
}

RouteHeaderEdits::Replace read_replace(const YAML::Node& name, const YAML::Node& node) {
  RouteHeaderEdits::Replace replace;
  replace.name = header_name(name);
  read_config_map(node, "replace",
                  {{"from", [&](const auto& n) { replace.from = header_value(n, "from"); }},
                   {"to", [&](const auto& n) { replace.to = header_value(n, "to"); }}});
  if (replace.from.empty()) config_complain(node, "replace needs 'from', the text to look for");
  return replace;
}

void each_entry(const YAML::Node& node, std::string_view what,
                const std::function<void(YAML::Node, YAML::Node)>& read) {
  if (!node.IsMap()) config_complain(node, std::string(what) + " takes header names and what becomes of them");
  for (const auto& entry : node) read(entry.first, entry.second);
}

RouteHeaderEdits read_edits(const YAML::Node& node, std::string_view arm) {
  RouteHeaderEdits edits;
  read_config_map(node, arm,
                  {{"set",
                    [&](const auto& n) {
                      each_entry(n, "set", [&](const auto& name, const auto& value) {
                        edits.set.push_back({header_name(name), header_value(value, "set")});
                      });
                    }},
                   {"remove",
                    [&](const auto& n) {
                      if (n.IsScalar()) return edits.remove.push_back(header_name(n));
                      if (!n.IsSequence()) config_complain(n, "remove takes a list of header names");
                      for (const auto& name : n) edits.remove.push_back(header_name(name));
                    }},
                   {"replace", [&](const auto& n) {
                      each_entry(n, "replace", [&](const auto& name, const auto& value) {
                        edits.replace.push_back(read_replace(name, value));
                      });
                    }}});
  return edits;
}

std::vector<std::string> read_methods(const YAML::Node& node) {
  std::vector<std::string> methods = config_list(node, "methods", "GET, POST");
  for (const std::string& method : methods) {
    if (!is_token(method)) config_complain(node, "'" + method + "' is no HTTP method");
    if (method == "CONNECT") config_complain(node, "CONNECT cannot be mirrored");
    if (std::any_of(method.begin(), method.end(), [](char c) { return c >= 'a' && c <= 'z'; })) {
      config_complain(node, "'" + method + "': methods are written in capitals, such as GET");
    }
  }
  return methods;
}

RouteConfig read_route(const YAML::Node& node) {
  RouteConfig route;
  read_config_map(
      node, "a route",
      {{"match",
        [&](const auto& n) {
          const Result<std::string> pattern = canonical_pattern(config_scalar(n, "match", "/orders/*"));
          if (!pattern) config_complain(n, pattern.error().text);
          route.match = *pattern;
        }},
       {"methods", [&](const auto& n) { route.methods = read_methods(n); }},
       {"sample", [&](const auto& n) { route.sample = config_value(n, "sample", "10%", parse_fraction); }},
       {"timeout", [&](const auto& n) { route.timeout = config_value(n, "timeout", "5s", parse_duration); }},
       {"headers", [&](const auto& n) {
          read_config_map(n, "headers",
                          {{"candidate", [&](const auto& arm) { route.candidate = read_edits(arm, "candidate"); }},
                           {"control", [&](const auto& arm) { route.control = read_edits(arm, "control"); }}});
        }}});
  if (route.match.empty()) config_complain(node, "a route needs 'match', a path such as /orders/*");
  return route;
}

}  // namespace

std::vector<RouteConfig> read_routes(const YAML::Node& node, std::optional<std::filesystem::path>& openapi_file) {
  if (!node.IsSequence()) config_complain(node, "routes takes a list: write '- match: /orders/*' below it");
  std::vector<RouteConfig> routes;
  for (const auto& each : node) {
    if (!each.IsMap() || !each["openapi"]) {
      routes.push_back(read_route(each));
      continue;
    }
    if (openapi_file) config_complain(each, "a second OpenAPI file; one names the endpoints");
    read_config_map(each, "an entry with 'openapi'",
                    {{"openapi", [&](const auto& n) { openapi_file = config_scalar(n, "openapi", "openapi.yaml"); }}});
  }
  return routes;
}

}  // namespace truemirror
