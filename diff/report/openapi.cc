#include "diff/report/openapi.h"

#include <xxhash.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "diff/one_document.h"

namespace truemirror {
namespace {

constexpr std::size_t kLongest = 4u << 20, kMostTemplates = 10'000;
constexpr std::array<std::pair<const char*, const char*>, 8> kMethods{{{"get", "GET"},
                                                                       {"put", "PUT"},
                                                                       {"post", "POST"},
                                                                       {"delete", "DELETE"},
                                                                       {"options", "OPTIONS"},
                                                                       {"head", "HEAD"},
                                                                       {"patch", "PATCH"},
                                                                       {"trace", "TRACE"}}};

struct Complaint {
  YAML::Mark mark;
  std::string text;
};

std::string scalar(const YAML::Node& node) { return node && node.IsScalar() ? node.Scalar() : std::string(); }

// The path of a server's URL: `https://{host}/v1/` and `/v1` both give `/v1`.
std::string path_of_server(const YAML::Node& server) {
  std::string url = scalar(server["url"]);
  const YAML::Node variables = server["variables"];
  if (variables && variables.IsMap()) {
    for (const auto& variable : variables) {
      const std::string name = "{" + scalar(variable.first) + "}";
      const std::string value = variable.second.IsMap() ? scalar(variable.second["default"]) : "";
      for (std::size_t at = url.find(name); at != std::string::npos; at = url.find(name, at + value.size())) {
        url.replace(at, name.size(), value);
      }
    }
  }
  if (const std::size_t scheme = url.find("://"); scheme != std::string::npos) {
    const std::size_t slash = url.find('/', scheme + 3);
    url = slash == std::string::npos ? "" : url.substr(slash);
  }
  url = url.substr(0, url.find_first_of("?#"));
  while (url.ends_with('/')) url.pop_back();
  return url.empty() || url.starts_with('/') ? url : "/" + url;
}

// The base paths of the document, or of a path item with servers of its own; one empty one where there are none.
std::vector<std::string> bases_of(const YAML::Node& node, const std::vector<std::string>& otherwise) {
  const YAML::Node servers = node["servers"];
  if (!servers || !servers.IsSequence() || servers.size() == 0) return otherwise;
  std::vector<std::string> bases;
  for (const YAML::Node& server : servers) {
    std::string base = server.IsMap() ? path_of_server(server) : "";
    if (std::find(bases.begin(), bases.end(), base) == bases.end()) bases.push_back(std::move(base));
  }
  return bases;
}

// A segment that is a parameter in part, `{name}.json`, is one as a whole, `{name.json}`: names know no other.
std::string with_whole_parameters(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    std::string segment(path.substr(1, end - 1));
    path.remove_prefix(end);
    const bool is_whole = segment.starts_with('{') && segment.find('}') == segment.size() - 1;
    if (!is_whole && segment.find('{') != std::string::npos) {
      std::erase_if(segment, [](char c) { return c == '{' || c == '}'; });
      segment = "{" + segment + "}";
    }
    out += "/" + segment;
  }
  return out;
}

void read_path(const YAML::Node& key, const YAML::Node& item, const std::vector<std::string>& bases,
               std::vector<std::string>& routes) {
  const std::string path = scalar(key);
  if (path.starts_with("x-")) return;
  if (!path.starts_with('/'))
    throw Complaint{key.Mark(), "'" + path.substr(0, 60) + "' is no path: it begins with no '/'"};
  if (!item.IsMap()) throw Complaint{item.Mark(), "'" + path.substr(0, 60) + "' is a map of methods, such as 'get: …'"};
  for (const std::string& base : bases_of(item, bases)) {
    const std::string route = with_whole_parameters(base + path);
    if (item["$ref"]) routes.push_back(route);
    for (const auto& [name, method] : kMethods) {
      if (item[name]) routes.push_back(std::string(method) + " " + route);
    }
  }
  if (routes.size() > kMostTemplates) throw Complaint{key.Mark(), "more than 10,000 templates; name fewer paths"};
}

std::vector<std::string> read_document(const YAML::Node& root) {
  if (!root.IsMap()) throw Complaint{root.Mark(), "is no OpenAPI file: it is no map with 'openapi' and 'paths'"};
  const std::string version = scalar(root["openapi"]), old_version = scalar(root["swagger"]);
  const bool known = version.starts_with("3.") || old_version.starts_with("2.");
  if (!known && version.empty() && old_version.empty()) {
    throw Complaint{root.Mark(), "is no OpenAPI file: it has neither 'openapi: 3.…' nor 'swagger: \"2.0\"'"};
  }
  if (!known) {
    const YAML::Node at = version.empty() ? root["swagger"] : root["openapi"];
    throw Complaint{at.Mark(), "version '" + (version + old_version).substr(0, 20) + "' is neither 3.x nor 2.0"};
  }
  std::string base = version.empty() ? scalar(root["basePath"]) : "";
  while (base.ends_with('/')) base.pop_back();
  const std::vector<std::string> bases = version.empty() ? std::vector{base} : bases_of(root, {""});
  const YAML::Node paths = root["paths"];
  if (!paths || !paths.IsMap()) throw Complaint{root.Mark(), "has no 'paths', so no templates"};
  std::vector<std::string> routes;
  for (const auto& path : paths) read_path(path.first, path.second, bases, routes);
  if (routes.empty()) throw Complaint{paths.Mark(), "'paths' holds no method, so no templates"};
  return routes;
}

std::string place(std::string_view file, const YAML::Mark& mark) {
  if (mark.is_null()) return std::string(file) + ": ";
  return std::string(file) + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": ";
}

}  // namespace

Result<EndpointTemplates> parse_openapi(std::string_view text, std::string_view file_name) {
  if (text.size() > kLongest) return Problem{std::string(file_name) + ": is longer than 4 MiB"};
  try {
    EndpointTemplates templates;
    templates.routes = read_document(load_one_document(text));
    std::array<char, 32> hash{};
    std::snprintf(hash.data(), hash.size(), "%016llx",
                  static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
    templates.source = std::string(file_name) + " " + hash.data() + ", " + std::to_string(templates.routes.size()) +
                       (templates.routes.size() == 1 ? " template" : " templates");
    return templates;
  } catch (const Complaint& complaint) {
    return Problem{place(file_name, complaint.mark) + complaint.text};
  } catch (const YAML::Exception& error) {
    return Problem{place(file_name, error.mark) + "is neither YAML nor JSON: " + error.msg};
  }
}

}  // namespace truemirror
