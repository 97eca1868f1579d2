// Set-Cookie by cookie name and attributes, never by value: what a cookie holds is a secret more often than not, and a
// session id is another one in every answer. How long it lives is one attribute, `lifetime`, of Max-Age or else of
// Expires counted from the response's own Date (RFC 6265 §5.3): two clocks that read differently are no divergence,
// a cookie that is deleted instead of kept is one.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "diff/sink.h"

namespace truemirror {

// The Set-Cookie fields of one response in their order, and its Date.
struct SetCookies {
  std::vector<std::string_view> fields;
  std::string_view date;
};

// `at` stands at `header/set-cookie`; the cookie's name is pushed below it.
void diff_cookies(const SetCookies& stable, const SetCookies& arm, Location& at, DivergenceSink& sink);

}  // namespace truemirror
