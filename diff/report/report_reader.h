// The tables of report.db as a report. What is stored is not trusted: an unknown name or a wrong form is damage, never
// a crash. Lives inside one read transaction, which its caller begins.
#pragma once

#include <string>
#include <string_view>

#include "diff/report/report.h"
#include "diff/report/sqlite.h"

namespace truemirror {

// The damage of a database whose run has not written yet.
inline constexpr std::string_view kNoRun = "no run";

struct ReadReport {
  Report report;
  std::string damage;  // what the tables hold that they may not: "an unknown kind"; empty where all is well
};

// Errors of SQLite stay with the connection.
[[nodiscard]] ReadReport read_report(SqliteConnection& connection);

}  // namespace truemirror
