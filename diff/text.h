// Texts compared line by line; a line's number counts from 1, as editors do. Also what else is a row of pieces: NDJSON
// by line and server-sent events by event, each piece compared as what it holds.
#pragma once

#include <cstddef>
#include <string_view>

#include "diff/json.h"
#include "diff/location.h"
#include "diff/sink.h"

namespace truemirror {

// `\n` and `\r\n` end a line alike; whether the last line has an end does not matter.
void diff_lines(std::string_view stable, std::string_view arm, Location& at, DivergenceSink& sink, std::size_t& budget);

// Each line a JSON text of its own. False, with nothing added to the sink: a line on either side is no JSON.
[[nodiscard]] bool diff_ndjson(std::string_view stable, std::string_view arm, const JsonDocument::Limits& limits,
                               Location& at, DivergenceSink& sink, std::size_t& budget);

[[nodiscard]] bool is_ndjson(std::string_view text, const JsonDocument::Limits& limits);

// Server-sent events (WHATWG HTML §9.2): fields `event`, `id`, `retry` and `data` of each event, data as JSON where
// both are. Comments do not count.
void diff_events(std::string_view stable, std::string_view arm, const JsonDocument::Limits& limits, Location& at,
                 DivergenceSink& sink, std::size_t& budget);

// Two texts that may be JSON: compared as JSON where both are, else as one value.
void diff_embedded(std::string_view stable, std::string_view arm, const JsonDocument::Limits& limits, Location& at,
                   DivergenceSink& sink, std::size_t& budget);

}  // namespace truemirror
