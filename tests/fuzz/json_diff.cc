// Two bodies out of one input: a document equals itself (parsed twice, so that equal bytes decide nothing), and two
// differ from one side exactly if they differ from the other. No input crashes a comparison of any media class.
#include <string>
#include <utility>

#include "diff/compare.h"
#include "diff/json_diff.h"
#include "tests/fuzz/fuzz.h"

namespace truemirror {
namespace {

Response response(std::string_view body, std::string_view content_type) {
  Response out;
  out.status = 200;
  out.headers.add("Content-Type", content_type);
  out.body = Body(std::string(body));
  return out;
}

std::size_t differences(const JsonDocument& stable, const JsonDocument& arm) {
  DivergenceSink sink(nullptr, "GET /", 1000);
  Location at("body");
  std::size_t budget = 100'000;
  diff_json(stable, arm, at, sink, budget);
  return sink.take().size();
}

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  constexpr std::string_view kTypes[] = {"application/json", "application/x-ndjson", "text/html", "text/plain",
                                         "multipart/mixed; boundary=b"};
  FuzzInput input(data, size);
  const std::string_view type = kTypes[input.byte() % std::size(kTypes)];
  const std::string first(input.part());
  const std::string second(input.rest());

  CompareOptions options;
  options.align_budget = 100'000;
  const Response a = response(first, type);
  const Response b = response(second, type);
  require(diff_responses({}, a, a, options, "").empty(), "a response equals itself");
  require(diff_responses({}, a, b, options, "").empty() == diff_responses({}, b, a, options, "").empty(),
          "a difference is seen from both sides");

  JsonDocument stable, arm;
  const JsonDocument::Limits limits{};
  if (!stable.parse(first, limits) || !arm.parse(first, limits)) return 0;
  require(differences(stable, arm) == 0, "a document equals itself");
  if (!arm.parse(second, limits)) return 0;
  require((differences(stable, arm) == 0) == (differences(arm, stable) == 0), "documents differ from both sides");
  return 0;
}
