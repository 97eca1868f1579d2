#include "diff/uncompared.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace truemirror {
namespace {

bool is_full(const Response& response) { return response.status >= 200 && response.status < 300; }

// A tag or a date: `*` is no validator, it asks whether there is anything.
bool carries_validator(const Request& request, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    const auto value = request.headers.get(name);
    return value && !value->empty() && *value != "*";
  });
}

// Whether `one` is what a failed or held condition of the request is answered with, and `other` is not.
bool only_by_condition(const Request& request, const Response& one, const Response& other) {
  switch (one.status) {
    case 304:
      return is_full(other) && carries_validator(request, {"if-none-match", "if-modified-since"});
    case 412:
      return is_full(other) && carries_validator(request, {"if-match", "if-unmodified-since", "if-none-match"});
    case 206:
      return other.status == 200 && carries_validator(request, {"if-range"});
    default:
      return false;
  }
}

std::string_view without_weakness(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

// Whether the answer carries a validator that stands in the request.
bool names_what_was_sent(const Request& request, const Response& arm) {
  const auto tag = arm.headers.get("etag"), date = arm.headers.get("last-modified");
  for (const HeaderField field : request.headers) {
    const bool tags = iequals(field.name, "if-none-match") || iequals(field.name, "if-match");
    const bool dates = iequals(field.name, "if-modified-since") || iequals(field.name, "if-unmodified-since");
    const bool either = iequals(field.name, "if-range");
    // A tag has quotes of its own: found within a list, it is one of it.
    if ((tags || either) && tag && !tag->empty() && field.value.find(without_weakness(*tag)) != std::string_view::npos)
      return true;
    if ((dates || either) && date && field.value == *date) return true;
  }
  return false;
}

}  // namespace

std::string_view to_string(Uncompared reason) {
  static constexpr std::array<std::string_view, kUncomparedReasons + 1> kNames{"no", "revalidation"};
  return kNames.at(static_cast<std::size_t>(reason));
}

Uncompared why_uncompared(const Request& request, const Response& stable, const Response& arm, bool issued) {
  if (issued || !stable.ok() || !arm.ok() || stable.status == arm.status) return Uncompared::no;
  if (!only_by_condition(request, stable, arm) && !only_by_condition(request, arm, stable)) return Uncompared::no;
  return names_what_was_sent(request, arm) ? Uncompared::no : Uncompared::revalidation;
}

}  // namespace truemirror
