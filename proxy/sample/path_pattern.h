// Patterns for paths in the configuration: `*` is one segment, `**` any rest, all else is literal and spelt canonically
// (http/canonical_path.h), as the readings are that a pattern is compared with (http/path_readings.h).
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/problem.h"

namespace truemirror {

// Many servers take `/orders` and `/orders/` for one, as many do not.
enum class PathMatch : unsigned char { none, but_for_a_slash, exact };

[[nodiscard]] PathMatch match_path(std::string_view pattern, std::string_view path);

// The pattern in canonical spelling. Problems: what is the path of no request: a query, an escape that is none, dot
// segments, slashes in a row; and `{id}`, which stands for nothing here.
[[nodiscard]] Result<std::string> canonical_pattern(std::string_view text);

}  // namespace truemirror
