// How much memory one comparison takes at its peak, beyond both documents, the divergences it found among it: one line
// a pair of documents, with the ratio to the bytes of both.     build/bench/bench/diff_memory
#include <cstdio>
#include <thread>

#include "comparing.h"
#include "documents.h"
#include "tests/memory/counting_new.h"

namespace truemirror {
namespace {

std::size_t peak_of_one(const DocumentPair& documents) {
  std::size_t peak = 0;
  // A thread of its own: nothing is left over from the pair before.
  std::thread([&] {
    Comparison comparison = comparison_of(documents);
    begin_peak();
    compare(comparison, {});
    peak = peak_bytes();
  }).join();
  return peak;
}

void print(const std::vector<DocumentPair>& all) {
  for (const DocumentPair& each : all) {
    const std::size_t input = each.stable.size() + each.candidate.size(), peak = peak_of_one(each);
    std::printf("%s %zu %zu %.1f\n", each.name.c_str(), input, peak,
                static_cast<double>(peak) / static_cast<double>(input));
  }
}

}  // namespace
}  // namespace truemirror

int main() {
  std::puts("documents input_bytes peak_bytes ratio");
  truemirror::print(truemirror::usual_documents());
  truemirror::print(truemirror::worst_documents());
}
