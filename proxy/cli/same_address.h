// Upstreams that are one and the same, or truemirror itself: a comparison of a server with itself finds nothing, and a
// circle serves nobody. Said at the start, where --allow-same-address does not say that it is meant.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "proxy/cli/commands.h"
#include "proxy/upstream/destination.h"

namespace truemirror {

struct NamedUpstream {
  std::string role;             // stable | candidate | control
  std::string text;             // its URL as given
  std::vector<Destination> at;  // none: not known now
};

// Where truemirror itself listens.
struct OwnPlace {
  std::string name;  // --listen | --https | --admin
  HostPort at;
};

// The first two that share an address, and what would be right; none where all differ, as far as is known. Pure.
[[nodiscard]] std::optional<Problem> same_address(const std::vector<NamedUpstream>& upstreams,
                                                  const std::vector<OwnPlace>& own,
                                                  const std::function<bool(const Destination&)>& is_local,
                                                  bool stable_as_control);

// The same for what a command was given, names looked up (for a second at most). A name that cannot be resolved now is
// no error: the upstream may come up later.
[[nodiscard]] Result<void> check_addresses(const ServeConfig& config);
[[nodiscard]] Result<void> check_addresses(const ReplayArguments& arguments);

}  // namespace truemirror
