// What a value looks like (design.md §7.7): two values of one volatile class (uuid → uuid) are most often noise, a
// value that leaves its class (uuid → text) seldom is. By the shape of the text alone, in one linear look.
#pragma once

#include <cstdint>
#include <string_view>

namespace truemirror {

enum class ValueClass : std::uint8_t {
  null,
  boolean,
  number,
  epoch,
  empty,
  text,
  uuid,
  ulid,
  jwt,
  hash,
  token,
  timestamp,
  date,
  time,
  duration,
  url,
  email,
  ip,
  object,
  array
};
[[nodiscard]] std::string_view to_string(ValueClass value_class);

// Of the contents of a string. Digits alone are `number`, or `epoch` where they are a likely time.
[[nodiscard]] ValueClass class_of_text(std::string_view text);
// Of a JSON number.
[[nodiscard]] ValueClass class_of_number(std::string_view text);

}  // namespace truemirror
