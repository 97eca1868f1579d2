// Reads a policy file (YAML). Refuses unknown keys, values out of range and wrong types, each with file, line and
// column.
//
//   alpha: 0.01                       # the whole run's rate of false alarms
//   burst: 1s                         # ms, s or m
//   coverage: 95%
//   uncalibrated: deny                # or allow
//   tolerances: {divergence: 1%, errors: 1%, critical: 0.1%, latency_p50: 5%, latency_p90: 5%, latency_p99: 0.5%}
//   latency:
//     margin: 10%                     # the candidate is slow above control's quantile, this and that much more
//     margin_absolute: 1ms
//     budget: {p50: 20ms, p99: 250ms} # whatever control takes, the candidate may not take longer
//   endpoints:
//     exclude: ["GET /health*"]       # seen and shown, never judged
//     critical: ["POST /payments*"]   # with the tolerance `critical`
//     budget: {"GET /search*": {p99: 1s}}   # in place of `latency.budget`; the first that matches
#pragma once

#include <string_view>

#include "diff/stats/policy.h"
#include "proxy/http/problem.h"

namespace truemirror {

// Keys that are not given keep what `policy` has; an empty file changes nothing. `file_name` only names the file in
// problems: "policy.yaml:3:1: 'tolerence' is no key here; did you mean 'tolerances'?"
[[nodiscard]] Result<Policy> parse_policy(std::string_view yaml, std::string_view file_name, Policy policy = {});

}  // namespace truemirror
