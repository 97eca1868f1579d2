// The walk over two JSON documents (design.md §7.4 to §7.6): what differs, each at its place, into a sink.
#pragma once

#include <cstddef>

#include "diff/json.h"
#include "diff/location.h"
#include "diff/sink.h"

namespace truemirror {

// `at` is where the documents stand (`body`, or a line of NDJSON). Takes what aligning arrays costs off `budget`.
void diff_json(const JsonDocument& stable, const JsonDocument& arm, Location& at, DivergenceSink& sink,
               std::size_t& budget);

}  // namespace truemirror
