// Threads that must never be felt by the live ones.
#pragma once

namespace truemirror {

// Names the calling thread and makes it SCHED_BATCH: the kernel does not let it preempt a live thread on wake-up
// (design.md §15: 41.0 → 34.6 µs a mirrored request). A kernel that refuses is no error: it costs time, not truth.
void enter_background(const char* name);

}  // namespace truemirror
