// Reads a YAML file that people write: one document, all of it. yaml-cpp's own Load() takes the first and forgets the
// rest, and a first line that is indented by accident is a first document: every rule below it would be lost unseen.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>

namespace truemirror {

// Whether there is more in it than white space, comments, directives and document marks. (yaml-cpp takes a text that
// begins with a comma for an empty document, and would lose all of it.)
[[nodiscard]] inline bool says_something(std::string_view yaml) {
  while (!yaml.empty()) {
    const std::size_t end = yaml.find('\n');
    std::string_view line = yaml.substr(0, end);
    yaml = end == std::string_view::npos ? std::string_view{} : yaml.substr(end + 1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t' || line.front() == '\r'))
      line.remove_prefix(1);
    const bool mark = line.starts_with("---") || line.starts_with("...");
    if (mark) line.remove_prefix(3);
    line = line.substr(0, line.find_first_of("#%\r"));
    if (line.find_first_not_of(" \t") != std::string_view::npos) return true;
  }
  return false;
}

// Null for an empty file. Throws YAML::ParserException, also where something follows the document. (LoadAll() would
// tell as well, but does not end on some inputs that begin with a comma: here the second document is looked at once.)
[[nodiscard]] inline YAML::Node load_one_document(std::string_view yaml) {
  struct Something final : YAML::EventHandler {
    void OnDocumentStart(const YAML::Mark& mark) override { start = mark; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override { seen = true; }
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override { seen = true; }
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
      seen = true;
    }
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
      seen = true;
    }
    void OnMapEnd() override {}
    YAML::Mark start;
    bool seen = false;
  };
  std::istringstream text{std::string(yaml)};
  YAML::Parser parser(text);
  Something first, second;
  const bool one = parser.HandleNextDocument(first);
  if (one && !first.seen && says_something(yaml)) {
    throw YAML::ParserException(first.start, "this does not read as keys and values");
  }
  if (one && parser.HandleNextDocument(second) &&
      (second.seen || says_something(yaml.substr(std::min(yaml.size(), static_cast<std::size_t>(second.start.pos)))))) {
    throw YAML::ParserException(second.start,
                                "a second document begins here; indent it like the first, no '---' between");
  }
  return YAML::Load(std::string(yaml));
}

}  // namespace truemirror
