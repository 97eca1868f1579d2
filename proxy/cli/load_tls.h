// The certificates and keys that a configuration names, loaded: what serve starts with, what a reload brings, and what
// check looks at.
#pragma once

#include <string>
#include <vector>

#include "proxy/cli/config.h"

namespace truemirror {

// Fills `config.tls` and the upstreams' TLS. Errors: a file that cannot be used, keys that do not go together.
[[nodiscard]] Result<void> load_tls(ServeConfig& config);
// What works, but not as it should: an expired certificate, a key that everybody may read.
[[nodiscard]] std::vector<std::string> tls_warnings(const ServeConfig& config);

}  // namespace truemirror
