// Patterns over paths of segments: a location (`body/items/*/price`) or an endpoint (`GET /orders/**`).
// `*` is one whole segment or any run of characters inside one, `**` any number of segments. Matching is linear in
// pattern times text and allocates nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace truemirror {

class Pattern {
 public:
  explicit Pattern(std::string_view text);
  [[nodiscard]] static Pattern any() { return Pattern("**"); }

  [[nodiscard]] bool matches(std::string_view path) const;
  // Whether the path or one of its ancestors matches.
  [[nodiscard]] bool covers(std::string_view path) const;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::string> segments_;
};

}  // namespace truemirror
