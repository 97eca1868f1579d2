// Reads a YAML file that people write: one document, all of it. yaml-cpp's own Load() takes the first and forgets the
// rest, and a first line that is indented by accident is a first document: every rule below it would be lost unseen.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <string_view>
#include <vector>

namespace truemirror {

// Null for an empty file. Throws YAML::ParserException, also where a second document begins.
[[nodiscard]] inline YAML::Node load_one_document(std::string_view yaml) {
  const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
  for (std::size_t i = 1; i < documents.size(); ++i) {
    if (documents[i].IsNull()) continue;
    throw YAML::ParserException(documents[i].Mark(),
                                "a second document begins here; indent it like the first, and write no '---' between");
  }
  return documents.empty() ? YAML::Node() : documents.front();
}

}  // namespace truemirror
