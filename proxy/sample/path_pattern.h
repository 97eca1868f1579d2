// Patterns for paths in the configuration: `*` is one segment, `**` any rest, all else is literal. Queries do not
// count.
#pragma once

#include <string_view>

namespace truemirror {

[[nodiscard]] bool path_matches(std::string_view pattern, std::string_view path);

}  // namespace truemirror
