// Ids that a service makes up: uuid, ulid, hash, token (numbers are left alone: equal small numbers mean nothing).
// If an arm has id x wherever stable has id y, that is one renaming, kept at one place. If it has x here and z there,
// or x where stable has two ids, a reference is broken: the odd places become transitions to `inconsistent`. An id that
// stable echoes from the request has to be echoed: else the transition is from `echo`. Neither is ever taken for noise
// by its class. All of it depends on request, stable and that arm alone, so that candidate and control are judged
// alike.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "diff/comparison.h"

namespace truemirror {

struct IdPair {
  std::string_view stable, arm;
};

// The ids in which two texts differ where they differ in nothing else (`/orders/<id>`, or the id alone); empty where
// anything else differs as well. Linear.
[[nodiscard]] std::vector<IdPair> differing_ids(std::string_view stable, std::string_view arm);

// Sets the transition of a `value` whose id stable or the arm has from the request; `searched` is the work done so far
// for this arm, which is bounded. Returns whether it did.
bool mark_echo(Divergence& divergence, const Request& request, std::size_t& searched);

// Folds what repeats a renaming into the place that sorts first (plain ids before ids within texts, then by generalized
// location) and counts it there. Looks at open and accepted values. Returns the places in `list` that became odd, whose
// transition is another now.
[[nodiscard]] std::vector<std::size_t> fold_renamings(std::vector<Divergence>& list);

}  // namespace truemirror
