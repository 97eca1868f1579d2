#include "proxy/sample/path_pattern.h"

#include "proxy/http/canonical_path.h"

namespace truemirror {
namespace {

std::string_view next_segment(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  return segment;
}

}  // namespace

PathMatch match_path(std::string_view pattern, std::string_view path) {
  bool more_pattern = true;
  bool more_path = true;
  while (more_pattern) {
    more_pattern = pattern.find('/') != std::string_view::npos;
    const std::string_view wanted = next_segment(pattern);
    if (wanted == "**") return PathMatch::exact;
    if (!more_path) return wanted.empty() && !more_pattern ? PathMatch::but_for_a_slash : PathMatch::none;
    more_path = path.find('/') != std::string_view::npos;
    const std::string_view segment = next_segment(path);
    if (wanted != "*" && wanted != segment) return PathMatch::none;
  }
  if (!more_path) return PathMatch::exact;
  return path.empty() ? PathMatch::but_for_a_slash : PathMatch::none;
}

Result<std::string> canonical_pattern(std::string_view text) {
  const std::string quoted = "'" + std::string(text) + "'";
  if (!text.starts_with('/')) return Problem{quoted + " is no path; write /orders/* or /api/**"};
  if (text.find_first_of("?#") != std::string_view::npos)
    return Problem{quoted + " holds a query, which does not count here; write the path alone"};
  if (text.find_first_of("{}") != std::string_view::npos)
    return Problem{quoted + ": braces stand for nothing here; write * for any one segment"};
  std::string spelled;
  respell(text, {}, spelled);
  if (text.find("%25") == std::string_view::npos && spelled.find("%25") != std::string::npos)
    return Problem{quoted + ": '%' begins an escape such as %20; write %25 for the character itself"};
  if (!has_odd_segments(spelled)) return {boost::system::in_place_value, std::move(spelled)};
  std::string room;
  return Problem{quoted + " is spelt in a way that routes do not see; write " +
                 std::string(canonical_path(text, room))};
}

}  // namespace truemirror
