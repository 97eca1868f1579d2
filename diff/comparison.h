// What came of one sample: stable, candidate and (if set) control held together, and where they differ.
// Filled in three steps: a source (shadow lane, replay, capture) sets the messages, diff/compare.h the divergences,
// diff/report/aggregate.h the endpoint. A value: it belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/default_rules.h"
#include "diff/uncompared.h"
#include "proxy/http/exchange.h"

namespace truemirror {

enum class Kind : std::uint8_t { status, missing, added, type, value, reordered, bytes, malformed, arm_error };
[[nodiscard]] std::string_view to_string(Kind kind);

// What the rules made of a divergence.
enum class Disposition : std::uint8_t { open, accepted, hidden };

// One difference at one location between an arm and stable.
struct Divergence {
  std::string location;     // exact: `body/items/3/price`, an element's index is stable's, an added one's the arm's
  std::string generalized;  // indices and map-like keys as `*`: `body/items/*/price`
  Kind kind = Kind::value;
  std::string transition;  // design.md §9: `200→500`, `uuid→uuid`, `string→null`, a class, an error, a reason
  std::optional<std::string> stable;  // the values as JSON text, uncut; none where absent
  std::optional<std::string> arm;
  std::string from_class;  // value classes (design.md §7.7), empty where the value is absent
  std::string to_class;
  Disposition disposition = Disposition::open;
  std::int32_t rule = -1;      // index of the rule that accepted or hid it; below -1: diff/default_rules.h
  std::uint32_t repeated = 0;  // further places of the same renaming, folded into this one (diff/renaming.h)
  bool approximate = false;    // arrays aligned by position, over the work budget
};

struct Comparison {
  std::uint64_t sequence = 0;  // of the sample within its run, from 1
  WallTime at{};               // arrival of the request
  ConnectionOrdinal connection;
  Request request;
  Response stable;
  Response candidate;
  std::optional<Response> control;
  bool candidate_issued = false, control_issued = false;  // the arm has issued a validator that it was sent

  std::vector<Divergence> candidate_divergences;     // D(stable, candidate)
  std::vector<Divergence> control_divergences;       // D(stable, control)
  Uncompared candidate_uncompared = Uncompared::no;  // why there are none of either
  Uncompared control_uncompared = Uncompared::no;
  DefaultRules candidate_defaults = 0;  // which default header rules hid something between the two
  std::string endpoint;                 // `GET /orders/{id}`

  // Divergences that no rule hides or accepts.
  [[nodiscard]] bool divergent() const;
};

}  // namespace truemirror
