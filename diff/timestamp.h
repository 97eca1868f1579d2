// Points in time as services write them: ISO 8601 / RFC 3339, HTTP dates (RFC 9110 §5.6.7) and Unix epochs.
#pragma once

#include <optional>
#include <string_view>

#include "proxy/http/exchange.h"

namespace truemirror {

// `2026-11-22T20:15:30.123Z`, with a space for the T, `+01:00`, or no zone (taken as UTC), seconds optional.
[[nodiscard]] std::optional<WallTime> parse_iso_time(std::string_view text);
// `2026-11-22`, a day that exists.
[[nodiscard]] std::optional<WallTime> parse_iso_date(std::string_view text);
// `Sun, 06 Nov 1994 08:49:37 GMT`.
[[nodiscard]] std::optional<WallTime> parse_http_date(std::string_view text);
// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size, between 2001 and 2065; a
// fraction is allowed after seconds and milliseconds.
[[nodiscard]] std::optional<WallTime> parse_epoch(std::string_view text);
// Any of the above.
[[nodiscard]] std::optional<WallTime> parse_time(std::string_view text);

}  // namespace truemirror
