// Header lists from any bytes: a list equals itself, and two differ from one side exactly if they differ from the
// other.
#include <string>

#include "diff/headers.h"
#include "tests/fuzz/fuzz.h"

namespace truemirror {
namespace {

// Lines of `name: value`; what has no colon is a name without a value.
Headers headers_of(std::string_view text) {
  Headers out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const std::size_t colon = line.find(':');
    out.add(line.substr(0, colon), colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1));
  }
  return out;
}

std::size_t differences(const Headers& stable, const Headers& arm, const HeaderScope& scope) {
  DivergenceSink sink(nullptr, "GET /", 1000);
  diff_headers(stable, arm, scope, sink);
  diff_trailers(stable, arm, sink);
  return sink.take().size();
}

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  FuzzInput input(data, size);
  const unsigned choice = input.byte();
  const HeaderScope scope{
      .defaults = (choice & 1) != 0, .bodies_compared = (choice & 2) != 0, .status_differs = (choice & 4) != 0};
  const std::string_view first = input.part();
  const Headers stable = headers_of(first);
  const Headers arm = headers_of(input.rest());
  require(differences(stable, headers_of(first), scope) == 0, "a list equals itself");
  require((differences(stable, arm, scope) == 0) == (differences(arm, stable, scope) == 0),
          "a difference is seen from both sides");
  return 0;
}
