// Reads a YAML file that people write: one document, all of it. yaml-cpp's own Load() takes the first and forgets the
// rest, and a first line that is indented by accident is a first document: every rule below it would be lost unseen.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <string>
#include <string_view>

namespace truemirror {

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
  if (parser.HandleNextDocument(first) && parser.HandleNextDocument(second) && second.seen) {
    throw YAML::ParserException(second.start,
                                "a second document begins here; indent it like the first, no '---' between");
  }
  return YAML::Load(std::string(yaml));
}

}  // namespace truemirror
