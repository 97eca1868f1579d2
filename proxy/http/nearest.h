// The word that someone probably meant: for mistyped flags, subcommands and keys. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace truemirror {

// The known word with the fewest edits (insert, delete, replace, swap of neighbours), where that is at most a third of
// the longer word; none where nothing is near. `known` may be empty.
[[nodiscard]] std::optional<std::string> nearest_word(std::string_view word, std::span<const std::string> known);

// "; did you mean 'X'?" or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string> known);
// The same, or "; there are: A, B" where nothing is near.
[[nodiscard]] std::string what_would_be_right(std::string_view word, std::span<const std::string> known);

}  // namespace truemirror
