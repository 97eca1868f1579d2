// GoReplay's file format: payloads that start with a line `TYPE ID NANOSECONDS [LATENCY]` (1 request, 2 response,
// 3 replayed response) and end with a separator line of three monkeys. Sans-I/O.
#pragma once

#include <ostream>

#include "capture/transfer.h"

namespace truemirror {

// Writes request, stable's answer, and the candidate's as the replayed one; the rest is counted in `lost`.
void write_gor(const CapturedExchange& exchange, std::ostream& out, TransferStats& stats);

}  // namespace truemirror
