#include "diff/pattern.h"

#include <cstddef>

namespace truemirror {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// One segment against a glob with `*`: the classic two-pointer match, which only ever returns to the last star.
bool segment_matches(std::string_view glob, std::string_view text) {
  std::size_t g = 0, t = 0, star = kNone, resume = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      resume = t;
    } else if (g < glob.size() && glob[g] == text[t]) {
      ++g;
      ++t;
    } else if (star != kNone) {
      g = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

// Walks a path segment by segment. The empty path has one empty segment, as `a/` has two.
struct Cursor {
  std::string_view rest;
  bool ended = false;

  [[nodiscard]] std::string_view segment() const { return rest.substr(0, rest.find('/')); }
  void advance() {
    const std::size_t slash = rest.find('/');
    ended = slash == std::string_view::npos;
    rest = ended ? std::string_view() : rest.substr(slash + 1);
  }
};

// The same match one level up, `**` being the star. With `prefix`, what is left of the path does not matter.
bool path_matches(const std::vector<std::string>& pattern, std::string_view path, bool prefix) {
  Cursor at{path}, resume{path};
  std::size_t p = 0, star = kNone;
  while (!at.ended) {
    if (prefix && p == pattern.size()) return true;
    if (p < pattern.size() && pattern[p] == "**") {
      star = p++;
      resume = at;
    } else if (p < pattern.size() && segment_matches(pattern[p], at.segment())) {
      ++p;
      at.advance();
    } else if (star != kNone) {
      p = star + 1;
      resume.advance();
      at = resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == "**") ++p;
  return p == pattern.size();
}

}  // namespace

Pattern::Pattern(std::string_view text) : text_(text) {
  for (Cursor at{text}; !at.ended; at.advance()) segments_.emplace_back(at.segment());
}

bool Pattern::matches(std::string_view path) const { return path_matches(segments_, path, false); }
bool Pattern::covers(std::string_view path) const { return path_matches(segments_, path, true); }

}  // namespace truemirror
