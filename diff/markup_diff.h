// The walk over two XML or HTML documents: what differs, each at its place, into a sink. Elements and attributes have
// the same name where namespace and local name are the same; a location shows them as they are written. It says which
// of several siblings of one name is meant by its number from 1: `body/feed/entry/2/title/text`, `body/a/@href`.
#pragma once

#include <cstddef>

#include "diff/location.h"
#include "diff/markup.h"
#include "diff/sink.h"

namespace truemirror {

// `at` is where the documents stand. Takes what aligning children costs off `budget`.
void diff_markup(const MarkupDocument& stable, const MarkupDocument& arm, Location& at, DivergenceSink& sink,
                 std::size_t& budget);

}  // namespace truemirror
