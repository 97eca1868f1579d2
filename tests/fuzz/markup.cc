// Any two texts compare as XML and as HTML within their bounds, and a text with itself shows no divergence, also where
// it is parsed and not just compared as bytes.
#include <string>

#include "diff/compare.h"
#include "diff/markup_diff.h"
#include "tests/fuzz/fuzz.h"

namespace truemirror {
namespace {

std::vector<Divergence> diff(const MarkupDocument& stable, const MarkupDocument& arm) {
  DivergenceSink sink(nullptr, "", 1000);
  Location at("body");
  std::size_t budget = 100'000;
  diff_markup(stable, arm, at, sink, budget);
  return sink.take();
}

Response response(std::string_view content_type, std::string_view body) {
  Response out;
  out.status = 200;
  out.headers.add("Content-Type", content_type);
  out.body = Body(std::string(body));
  return out;
}

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  FuzzInput input(data, size);
  const bool html = input.byte() % 2 == 1;
  const MarkupLanguage language = html ? MarkupLanguage::html : MarkupLanguage::xml;
  const std::string_view first = input.part(), second = input.rest();
  MarkupDocument stable, same, arm;
  const bool parsed = stable.parse(first, language) == MarkupFlaw::none;
  require((same.parse(first, language) == MarkupFlaw::none) == parsed, "a text parses each time or never");
  if (parsed) {
    require(diff(stable, same).empty(), "a document equals itself");
    // What is shown of an element reads as that element again. HTML has its own ideas of what may stand where.
    const std::string written = stable.markup(0);
    if (!html && same.parse(written, language) == MarkupFlaw::none && !first.empty()) {
      require(same.markup(0) == written, "markup is written so that it reads the same");
    }
  }
  if (parsed && arm.parse(second, language) == MarkupFlaw::none) {
    const bool differs = !diff(stable, arm).empty();
    require(differs == (stable[0].hash != arm[0].hash), "documents differ where their hashes do");
  }
  (void)diff_responses({}, response(html ? "text/html" : "text/xml", first), response("text/xml", second), {}, "");
  return 0;
}
