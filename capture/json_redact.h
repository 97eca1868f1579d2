// Masks secrets in JSON without rewriting it: a streaming pass over the tokens that leaves every other byte alone.
// Takes one document, or several in a row (NDJSON, JSON text sequences). No recursion; linear; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "capture/redaction_policy.h"

namespace truemirror {

struct RedactedJson {
  std::string text;
  std::size_t kept = 0;  // of the input: all of it, but where a copy limit cut it the last, broken token is left out
};

// None: this is no JSON, or nested deeper than 10,000. `cut`: the text may end anywhere. `type`: what the outermost
// values are by their name, where a name is known; empty for none.
[[nodiscard]] std::optional<RedactedJson> redact_json(std::string_view text, const RedactionPolicy& policy, bool cut,
                                                      std::string_view type = {});

// The content of a JSON string (without quotes) with its escapes resolved; lone surrogates become three bytes each.
[[nodiscard]] UnescapedText json_unescaped(std::string_view source);

}  // namespace truemirror
