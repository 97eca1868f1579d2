// What serve, replay and diff share at their start and at their end.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "diff/report/report.h"

namespace truemirror {

// Blocks the signals that serve() waits for, ignores SIGPIPE and SIGXFSZ, lifts the limit on open files to what is
// allowed. Before any thread is started.
void prepare_process();

// How many files this process may have open.
[[nodiscard]] std::size_t open_files_limit();

// XXH3 of a text, as 16 hex digits: tells configurations apart.
[[nodiscard]] std::string text_hash(std::string_view text);

// One log line: the run's accounting, and its verdict.
void say_totals(const Report& report);

// The report as text on stdout; on stderr where stdout carries the lines of `--comparisons -`.
void print_report(const Report& report, const std::optional<std::string>& comparisons);

}  // namespace truemirror
