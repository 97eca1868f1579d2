// Protobuf messages compared field by field: by name where a descriptor is at hand, else by number (`body/3/1`), with
// what a length-delimited field holds guessed from all its values. The order of fields on the wire says nothing; a
// repeated field aligns as an array does, entries of a map by their key.
#pragma once

#include <cstddef>
#include <string_view>

#include "diff/location.h"
#include "diff/protobuf_types.h"
#include "diff/sink.h"

namespace truemirror {

// `type` may be null. False, with nothing added: a side is no message. Takes what aligning costs off `budget`.
[[nodiscard]] bool diff_protobuf(std::string_view stable, std::string_view arm, const ProtoMessage* type, Location& at,
                                 DivergenceSink& sink, std::size_t& budget);

}  // namespace truemirror
