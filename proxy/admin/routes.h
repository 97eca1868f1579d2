// What the admin server answers, as values: no sockets. Reports and metrics are made at most once a refresh interval,
// however often they are asked for. Lives on the admin thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/admin/access.h"
#include "proxy/admin/server.h"

namespace truemirror {

struct AdminRequest {
  std::string_view method, target;
  std::optional<std::string_view> host, origin, authorization, content_type;
  std::string_view body;
};

struct AdminResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::shared_ptr<const std::string> body;  // shared with the cache
  std::string allow;                        // of a 405, else empty
};

class AdminRoutes {
 public:
  AdminRoutes(AdminHooks hooks, AccessRules access, std::chrono::milliseconds refresh);

  [[nodiscard]] AdminResponse answer(const AdminRequest& request);

 private:
  using Text = std::shared_ptr<const std::string>;
  // A text that is made anew once it is older than the refresh interval.
  struct Cached {
    Text text;
    std::chrono::steady_clock::time_point made{};
  };
  [[nodiscard]] Text cached(Cached& cache, const std::function<std::string()>& make);

  [[nodiscard]] AdminResponse route(const AdminRequest& request, std::string_view path);
  [[nodiscard]] AdminResponse get(std::string_view path);
  [[nodiscard]] AdminResponse set_mirroring(const AdminRequest& request);

  AdminHooks hooks_;
  AccessRules access_;
  std::chrono::milliseconds refresh_;
  Cached page_, report_, metrics_;
};

// A JSON body `{"error": …}`.
[[nodiscard]] AdminResponse admin_error(unsigned status, std::string_view why);

}  // namespace truemirror
