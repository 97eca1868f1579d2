// Words for the tests of diff/: responses from a body, and divergences as short lines of text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diff/compare.h"

namespace truemirror {

inline Response response(std::string body, std::string_view content_type = "application/json", int status = 200) {
  Response out;
  out.status = status;
  if (!content_type.empty()) out.headers.add("Content-Type", content_type);
  out.body = Body(std::move(body));
  return out;
}

inline std::shared_ptr<const RuleSet> rules(std::string_view yaml) {
  return RuleSet::parse(yaml, "rules.yaml", WallTime{std::chrono::hours{24 * 20'000}}).value();
}

inline std::vector<Divergence> divergences(const Response& stable, const Response& arm,
                                           const CompareOptions& options = {}) {
  Request request;
  request.method = "GET";
  request.target = "/orders/7";
  return diff_responses(request, stable, arm, options, "GET /orders/{id}");
}

// `value body/items/3/price number→number`
inline std::string line(const Divergence& d) {
  return std::string(to_string(d.kind)) + " " + d.location + " " + d.transition;
}

inline std::vector<std::string> lines(const std::vector<Divergence>& all) {
  std::vector<std::string> out;
  for (const Divergence& d : all) out.push_back(line(d));
  return out;
}

using Lines = std::vector<std::string>;

inline Lines json_diff(std::string stable, std::string arm, const CompareOptions& options = {}) {
  return lines(divergences(response(std::move(stable)), response(std::move(arm)), options));
}

inline Lines text_diff(std::string stable, std::string arm, std::string_view content_type) {
  return lines(divergences(response(std::move(stable), content_type), response(std::move(arm), content_type)));
}

}  // namespace truemirror
