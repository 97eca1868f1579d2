// What a comparison costs, as a comparer thread pays for it: compare() and Aggregator::add(), headers and counters
// included, on one thread, a thousand comparisons into a run (`first_sight`: where its finding is new).
//   make bench ONLY=diff     or: build/bench/bench/diff_bench --benchmark_filter=equal
//   diff_bench --documents DIR writes what is compared, for the peers.
#include <benchmark/benchmark.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "comparing.h"
#include "documents.h"

namespace truemirror {
namespace {

void compare_and_add(benchmark::State& state, const DocumentPair& documents) {
  Comparing comparing(documents);
  comparing.repeat_last(1'000);
  for (auto _ : state) comparing.once();
  const auto& found = comparing.comparison().candidate_divergences;
  state.counters["divergences"] = static_cast<double>(found.size());
  state.counters["approximate"] = !found.empty() && found.front().approximate;
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(documents.stable.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

// The first comparison of a run: a finding is made, and its example, redacted.
void first_sight(benchmark::State& state, const DocumentPair& documents) {
  for (auto _ : state) Comparing comparing(documents);
}

void register_all() {
  for (const DocumentPair& each : usual_documents()) {
    benchmark::RegisterBenchmark(each.name.c_str(), [each](benchmark::State& state) { compare_and_add(state, each); });
  }
  for (const DocumentPair& each : worst_documents()) {
    benchmark::RegisterBenchmark(("worst/" + each.name).c_str(),
                                 [each](benchmark::State& state) { compare_and_add(state, each); });
  }
  const DocumentPair inserted = usual_documents()[3];
  benchmark::RegisterBenchmark(("first_sight/" + inserted.name).c_str(),
                               [inserted](benchmark::State& state) { first_sight(state, inserted); });
}

int write_documents(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const DocumentPair& each : usual_documents()) {
    std::ofstream(folder / (each.name + ".stable.json")) << each.stable;
    std::ofstream(folder / (each.name + ".candidate.json")) << each.candidate;
  }
  return 0;
}

}  // namespace
}  // namespace truemirror

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--documents") return truemirror::write_documents(argv[2]);
  truemirror::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
