#include "proxy/sample/path_pattern.h"

namespace truemirror {
namespace {

std::string_view next_segment(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  return segment;
}

}  // namespace

bool path_matches(std::string_view pattern, std::string_view path) {
  path = path.substr(0, path.find('?'));
  bool more_pattern = true;
  bool more_path = true;
  while (more_pattern) {
    more_pattern = pattern.find('/') != std::string_view::npos;
    const std::string_view wanted = next_segment(pattern);
    if (wanted == "**") return true;
    if (!more_path) return false;
    more_path = path.find('/') != std::string_view::npos;
    const std::string_view segment = next_segment(path);
    if (wanted != "*" && wanted != segment) return false;
  }
  return !more_path;
}

}  // namespace truemirror
