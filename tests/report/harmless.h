// What every rendering of hostile traffic must be: UTF-8 without control characters and without bidi controls.
#pragma once

#include <string>
#include <string_view>

#include "diff/report/shown_text.h"

namespace truemirror {

// The first offence of a text, described; empty where there is none. Line breaks are allowed.
inline std::string first_offence(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Point point = utf8_point_at(text, at);
    const bool control = point.point != '\n' && (point.point < 0x20 || (point.point >= 0x7F && point.point < 0xA0));
    const bool bidi =
        (point.point >= 0x202A && point.point <= 0x202E) || (point.point >= 0x2066 && point.point <= 0x2069);
    if (!point.valid || control || bidi) {
      return std::to_string(point.point) + " at " + std::to_string(at) + " after '" +
             std::string(text.substr(at < 40 ? 0 : at - 40, at < 40 ? at : 40)) + "'";
    }
    at += point.size;
  }
  return {};
}

}  // namespace truemirror
