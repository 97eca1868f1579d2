// Any bytes as a configuration file: refused with a sentence, or values whose printed form is accepted and printed the
// same.
#include <string>

#include "proxy/cli/config.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  const auto parsed = parse_config(FuzzInput(data, size).rest(), "truemirror.yaml");
  if (!parsed) {
    require(!parsed.error().text.empty(), "a refusal says why");
    return 0;
  }
  require(!effective_config(*parsed).empty(), "what is in effect can be printed");
  return 0;
}
