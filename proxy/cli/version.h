// What runs: the version and how it was built.
#pragma once

#include <string>

namespace truemirror {

// "0.1.0 (gcc 12.2.0, release)", as a run's report keeps it.
[[nodiscard]] std::string version();
// "truemirror 0.1.0 (gcc 12.2.0, release)"
[[nodiscard]] std::string version_text();

}  // namespace truemirror
