// Endpoint templates from an OpenAPI file: 3.x (`servers`) or 2.0 (`basePath`), as YAML or JSON. Of the document only
// methods, paths and base paths are read; the rest may be anything. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/problem.h"

namespace truemirror {

struct EndpointTemplates {
  std::vector<std::string> routes;  // `GET /v1/orders/{id}`, for EndpointNames; without a method: any
  std::string source;  // `openapi.yaml 0f3c5a7e19b2d468, 12 templates`: which file, by the hash of its bytes
};

// `file_name` names the file in problems and in `source`. A base path is taken from each server, its variables replaced
// by their defaults; a path item behind a `$ref` counts for every method.
[[nodiscard]] Result<EndpointTemplates> parse_openapi(std::string_view text, std::string_view file_name);

}  // namespace truemirror
