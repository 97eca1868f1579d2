// Any bytes as a rules file: refused with a sentence, or rules that can be compared by; and a file that is accepted is
// accepted with one more rule.
#include <chrono>
#include <string>

#include "diff/compare.h"
#include "diff/rules.h"
#include "tests/fuzz/fuzz.h"

namespace truemirror {
namespace {

Response response(std::string_view body) {
  Response out;
  out.status = 200;
  out.headers.add("Content-Type", "application/json");
  out.body = Body(std::string(body));
  return out;
}

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  const std::string_view yaml = FuzzInput(data, size).rest();
  const WallTime today{std::chrono::hours{24 * 20'000}};
  const auto parsed = RuleSet::parse(yaml, "rules.yaml", today);
  if (!parsed) {
    require(!parsed.error().text.empty(), "a refusal says why");
    return 0;
  }
  CompareOptions options;
  options.rules = *parsed;
  const Response stable =
      response(R"({"id":7,"at":"2024-03-01T10:00:00Z","items":[{"sku":"a","n":1},{"sku":"b","n":2}]})");
  const Response arm =
      response(R"({"id":8,"at":"2024-03-01T10:00:02Z","items":[{"sku":"b","n":2.5},{"sku":"a","n":1}]})");
  const auto divergences = diff_responses({}, stable, arm, options, "GET /orders/{id}");
  if (divergences.empty()) return 0;
  const auto longer = append_accept_rule(yaml, "rules.yaml", "GET /orders/{id}", divergences.front(), "seen");
  if (!longer || *longer == yaml) return 0;  // refused, or accepted already
  const auto again = RuleSet::parse(*longer, "rules.yaml", today);
  require(again.has_value(), "a file with one more rule is a rules file");
  require((*again)->rules().size() == (*parsed)->rules().size() + 1, "one rule is added and none is lost");
  return 0;
}
