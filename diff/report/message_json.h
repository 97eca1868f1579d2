// The parts of a report's JSON that other documents share: divergences and their values as design.md §10 shows them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "diff/comparison.h"
#include "diff/report/json_writer.h"

namespace truemirror {

inline constexpr std::size_t kShownValueBytes = 256;

// A value of JSON text: itself where it is JSON of at most 256 bytes, else a string of its first 256 ending in `…`;
// null where absent. True where it was cut.
bool write_shown_value(JsonWriter& json, const std::optional<std::string>& value);
// {"location","kind","stable","candidate","classes":[from,to]}, and where there is something to say `transition` (where
// kind and classes do not tell it), `"cut": true` (a value was cut), `repeated` (at how many further places the same
// renaming shows), `"approximate": true` and `disposition` (a rule accepted or hid it).
void write_divergence(JsonWriter& json, const Divergence& divergence);

}  // namespace truemirror
