// Which findings of a report are proven at another α than its run's: e-BH over the evidence that it holds.
#pragma once

#include "diff/report/report.h"

namespace truemirror {

// Sets `proven`, and `status` where that depends on it. As live: the findings that gate are tested together at α/2.
void prove_again(Report& report, double alpha);

}  // namespace truemirror
