// Names of the report's enums, both ways where a store has to read them back.
#include "diff/report/report.h"

#include <array>

namespace truemirror {

std::string_view to_string(FindingStatus status) {
  static constexpr std::array<std::string_view, 5> kNames{"new", "noise", "suspected_noise", "accepted", "hidden"};
  return kNames.at(static_cast<std::size_t>(status));
}

}  // namespace truemirror
