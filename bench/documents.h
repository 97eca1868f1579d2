// The pairs of JSON documents that diff_bench, diff_memory and the peers compare: what services send, and what costs
// most. The same in every run.
#pragma once

#include <string>
#include <vector>

namespace truemirror {

struct DocumentPair {
  std::string name;
  std::string stable, candidate;
};

[[nodiscard]] std::vector<DocumentPair> usual_documents();
// About 1 MiB each, made so that something that is seldom slow is.
[[nodiscard]] std::vector<DocumentPair> worst_documents();

}  // namespace truemirror
