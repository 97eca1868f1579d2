// What the value of a header field means, where its syntax lets one meaning be written in several ways: lists and sets
// (RFC 9110 §5.6.1), parameters with token or quoted values (§5.6.6), quality values (§12.4.2), entity tags (§8.8.3),
// dates. Any other field means what its bytes are. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace truemirror {

enum class HeaderChange : std::uint8_t { none, order, value };

// Compares two values of a field, each the fields of that name joined by commas. `name` is lower-case. `order`: a list
// whose order counts holds the same members in another one.
[[nodiscard]] HeaderChange compare_header_values(std::string_view name, std::string_view stable, std::string_view arm);

struct EntityTag {
  bool weak = false;
  std::string_view opaque;  // without its quotes
};
[[nodiscard]] EntityTag parse_entity_tag(std::string_view value);

[[nodiscard]] std::string_view trimmed_field(std::string_view text);
// Splits at `separator` outside of quoted strings and `<…>`; empty members go. Views into `text`.
[[nodiscard]] std::vector<std::string_view> split_field(std::string_view text, char separator);

}  // namespace truemirror
