// Where the control is no second instance of stable: at most of an endpoint's samples it differs from stable in the
// same way, in status or shape. Noise of one version does not look so, a control that was upgraded does: what it shows
// would pass for noise, and hide the same in the candidate. Pure.
#pragma once

#include <map>
#include <string>

#include "diff/report/report.h"

namespace truemirror {

// By endpoint: "status 200→404 in 300 of 300 pairs, body/total missing number in 280". `share`: of an endpoint's pairs,
// more than which it takes. Empty for a run without a control of its own.
//
// Not counted: values, since these may change with each answer; cookies, since sessions are an instance's own; a
// member of a list or of a map with changing keys; what a rule covers; and a field that comes and goes on both sides.
[[nodiscard]] std::map<std::string, std::string> where_control_differs(const Report& report, double share);

}  // namespace truemirror
