// What a comparison costs, as a comparer thread pays for it: compare() and Aggregator::add(), headers and counters
// included, on one thread.
//   make bench ONLY=diff     or: build/release/bench/diff_bench --benchmark_filter=equal
#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "capture/redact.h"
#include "diff/compare.h"
#include "diff/report/aggregate.h"

namespace truemirror {
namespace {

std::string item(int i, bool reordered = false, const char* price = "19.99") {
  const std::string n = std::to_string(i);
  const std::string sku = "\"sku\":\"A-" + std::to_string(100'000 + i) + "\"";
  const std::string rest = "\"quantity\":" + n + ",\"price\":" + price;
  return reordered ? "{" + rest + "," + sku + "}" : "{" + sku + "," + rest + "}";
}

// An order of about 2 KiB. `prices` of its items differ from those of other orders.
std::string order(bool reordered, int prices) {
  const std::string id = "\"id\":4711,\"customer\":\"Zoë Ünal\"";
  const std::string state = "\"state\":\"shipped\",\"currency\":\"EUR\",\"total\":1234.56";
  std::string items = "\"items\":[";
  for (int i = 0; i < 40; ++i) {
    items += i > 0 ? "," : "";
    items += item(i, reordered, i < prices ? "20.01" : "19.99");
  }
  items += "]";
  return reordered ? "{" + items + "," + state + "," + id + "}" : "{" + id + "," + state + "," + items + "}";
}

// 10,000 objects, about 1 MiB; `insert_at` ≥ 0 puts one more there.
std::string list(int insert_at) {
  std::string out = "[";
  for (int i = 0; i < 10'000; ++i) {
    const std::string n = std::to_string(i);
    out += i > 0 ? "," : "";
    if (i == insert_at) out += "{\"order\":\"inserted\"},";
    out += "{\"order\":" + n + ",\"customer\":\"customer number " + n + "\",\"state\":\"delivered\",\"total\":" + n +
           ".50,\"paid\":true,\"tags\":[\"a\",\"b\"]}";
  }
  return out + "]";
}

// About 1 MiB that has nothing in common with list(): other keys, other depth, other values.
std::string unrelated() {
  std::string out = "[";
  for (int i = 0; i < 12'000; ++i) {
    const std::string n = std::to_string(i * 7919);
    out += i > 0 ? "," : "";
    out += "{\"event\":{\"at\":\"2024-03-01T10:00:00Z\",\"trace\":\"t" + n + "\"},\"level\":" + n +
           ",\"seen\":null,\"x\":[" + n + "]}";
  }
  return out + "]";
}

Response response(std::string body) {
  Response out;
  out.status = 200;
  out.headers = {{"Content-Type", "application/json"},      {"Content-Length", std::to_string(body.size())},
                 {"Date", "Fri, 01 Mar 2024 10:00:00 GMT"}, {"Server", "orders"},
                 {"Cache-Control", "no-cache, private"},    {"ETag", "\"abc\""}};
  out.body = Body(std::move(body));
  out.timing.last_byte = std::chrono::milliseconds(3);
  return out;
}

void compare_and_add(benchmark::State& state, std::string stable, std::string candidate) {
  AggregateOptions aggregate;
  aggregate.control = ControlMode::none;
  aggregate.redactor = make_redactor({}).value();
  Aggregator aggregator(std::move(aggregate));
  const CompareOptions options;
  Comparison comparison;
  comparison.at = WallTime(std::chrono::seconds(1'700'000'000));
  comparison.request.method = "GET";
  comparison.request.target = "/orders/4711";
  comparison.stable = response(std::move(stable));
  comparison.candidate = response(std::move(candidate));
  for (auto _ : state) {
    ++comparison.sequence;
    comparison.at += std::chrono::microseconds(100);
    comparison.endpoint = aggregator.endpoint(comparison.request.method, comparison.request.target);
    compare(comparison, options);
    aggregator.add(comparison);
  }
  state.counters["divergences"] = static_cast<double>(comparison.candidate_divergences.size());
  state.counters["approximate"] =
      !comparison.candidate_divergences.empty() && comparison.candidate_divergences.front().approximate;
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(comparison.stable.body.length));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK_CAPTURE(compare_and_add, equal_2KiB, order(false, 0), order(false, 0));
BENCHMARK_CAPTURE(compare_and_add, reordered_keys_2KiB, order(false, 0), order(true, 0));
BENCHMARK_CAPTURE(compare_and_add, three_changed_fields_2KiB, order(false, 0), order(false, 3));
BENCHMARK_CAPTURE(compare_and_add, one_inserted_of_10000_1MiB, list(-1), list(5'000))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compare_and_add, unrelated_1MiB, list(-1), unrelated())->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace truemirror

BENCHMARK_MAIN();
