// Which routes decide about a request: for each reading of its path (http/path_readings.h) the first that matches, and
// those before it that would but for a slash at the end. Whoever asks treats the request as strictly as any of them,
// and as no route where for some reading none matches: a spelling is no way around a route.
#pragma once

#include <string_view>
#include <vector>

#include "proxy/http/path_readings.h"
#include "proxy/sample/path_pattern.h"

namespace truemirror {

// Calls `heed` with each, more than once where several readings agree, and with null for none. A route has a `match`.
template <class Route, class F>
void for_each_deciding(const std::vector<Route>& routes, PathReadings& readings, std::string_view target, F heed) {
  if (routes.empty()) return heed(nullptr);
  readings.read(target);
  if (readings.is_any()) {
    for (const Route& route : routes) heed(&route);
    return heed(nullptr);
  }
  for (const std::string_view path : readings.all()) {
    PathMatch found = PathMatch::none;
    for (auto route = routes.begin(); route != routes.end() && found != PathMatch::exact; ++route) {
      found = match_path(route->match, path);
      if (found != PathMatch::none) heed(&*route);
    }
    if (found != PathMatch::exact) heed(nullptr);
  }
}

}  // namespace truemirror
