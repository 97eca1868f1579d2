#include "proxy/admin/routes.h"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <exception>

#include "diff/report/render.h"
#include "proxy/http/headers.h"

namespace truemirror {
namespace {

constexpr std::string_view kMirroring = "/api/v1/mirroring";
constexpr std::array<std::string_view, 8> kPaths{"/",        "/ui/style.css", "/ui/live.js",    "/metrics",
                                                 "/healthz", "/readyz",       "/api/v1/report", kMirroring};

AdminResponse text_response(unsigned status, std::string content_type, std::string body) {
  return {status, std::move(content_type), std::make_shared<const std::string>(std::move(body)), ""};
}

AdminResponse mirroring_state(bool enabled) {
  return text_response(200, "application/json", enabled ? "{\"enabled\":true}\n" : "{\"enabled\":false}\n");
}

bool is_json(std::optional<std::string_view> content_type) {
  if (!content_type) return false;
  std::string_view type = content_type->substr(0, content_type->find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return iequals(type, "application/json");
}

// {"enabled": bool} and nothing else.
std::optional<bool> read_switch(std::string_view body) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
  if (error || !value.is_object() || value.get_object().size() != 1) return std::nullopt;
  const boost::json::value* enabled = value.get_object().if_contains("enabled");
  if (enabled == nullptr || !enabled->is_bool()) return std::nullopt;
  return enabled->get_bool();
}

}  // namespace

AdminResponse admin_error(unsigned status, std::string_view why) {
  const boost::json::object body{{"error", boost::json::string(why.data(), why.size())}};
  const boost::json::string text(boost::json::serialize(body));
  return text_response(status, "application/json", std::string(text.data(), text.size()) + "\n");
}

AdminRoutes::AdminRoutes(AdminHooks hooks, AccessRules access, std::chrono::milliseconds refresh)
    : hooks_(std::move(hooks)), access_(std::move(access)), refresh_(refresh) {}

AdminRoutes::Text AdminRoutes::cached(Cached& cache, const std::function<std::string()>& make) {
  const auto now = std::chrono::steady_clock::now();
  if (!cache.text || now - cache.made >= refresh_) {
    cache.text = std::make_shared<const std::string>(make());
    cache.made = std::chrono::steady_clock::now();
  }
  return cache.text;
}

AdminResponse AdminRoutes::answer(const AdminRequest& request) {
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  AccessRequest access{request.host, request.origin, request.authorization, path == "/healthz" || path == "/readyz"};
  if (const auto refusal = access_.refusal(access)) return admin_error(refusal->status, refusal->why);
  try {
    return route(request, path);
  } catch (const std::exception& error) {
    return admin_error(500, error.what());
  }
}

AdminResponse AdminRoutes::route(const AdminRequest& request, std::string_view path) {
  if (std::find(kPaths.begin(), kPaths.end(), path) == kPaths.end()) {
    return admin_error(404, "there is nothing at this path; / shows the report");
  }
  if (request.method == "GET" || request.method == "HEAD") return get(path);
  if (request.method == "POST" && path == kMirroring) return set_mirroring(request);
  AdminResponse response = admin_error(405, "this path takes another method");
  response.allow = path == kMirroring ? "GET, HEAD, POST" : "GET, HEAD";
  return response;
}

AdminResponse AdminRoutes::get(std::string_view path) {
  if (path == "/") {
    const auto page = [this] {
      RenderOptions options;
      options.live = true;
      return render_html(hooks_.report(), options);
    };
    return {200, "text/html; charset=utf-8", cached(page_, page), ""};
  }
  if (path == "/api/v1/report") {
    return {200, "application/json", cached(report_, [this] { return render_json(hooks_.report()); }), ""};
  }
  if (path == "/metrics")
    return {200, "text/plain; version=0.0.4; charset=utf-8", cached(metrics_, hooks_.metrics), ""};
  if (path == "/ui/style.css") return text_response(200, "text/css; charset=utf-8", std::string(ui_asset("style.css")));
  if (path == "/ui/live.js") {
    return text_response(200, "text/javascript; charset=utf-8", std::string(ui_asset("live.js")));
  }
  if (path == "/healthz") {
    return hooks_.alive() ? text_response(200, "text/plain", "ok\n") : text_response(503, "text/plain", "not alive\n");
  }
  if (path == "/readyz") {
    const std::string reason = hooks_.not_ready();
    return reason.empty() ? text_response(200, "text/plain", "ready\n")
                          : text_response(503, "text/plain; charset=utf-8", "not ready: " + reason + "\n");
  }
  return mirroring_state(hooks_.mirroring());
}

AdminResponse AdminRoutes::set_mirroring(const AdminRequest& request) {
  // A form of a foreign page cannot send this type without asking first.
  if (!is_json(request.content_type)) return admin_error(415, "send Content-Type: application/json");
  const auto enabled = read_switch(request.body);
  if (!enabled) return admin_error(400, R"(send {"enabled": true} or {"enabled": false})");
  hooks_.set_mirroring(*enabled);
  return mirroring_state(*enabled);
}

}  // namespace truemirror
