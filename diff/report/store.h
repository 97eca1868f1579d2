// report.db: one SQLite file in WAL mode that holds a report, written at most once a second by one thread and readable
// by any program meanwhile. Its tables are described in diff/report/FORMAT.md.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "diff/report/report.h"
#include "proxy/http/problem.h"

namespace truemirror {

class ReportStore {
 public:
  // Opens DIR/report.db for writing, mode 0600, making the folder (0700) where it is not there. A report.db of an
  // earlier run is renamed to report-<run>.db first. Errors: a sentence that says what, where and what would be right.
  [[nodiscard]] static Result<std::unique_ptr<ReportStore>> create(const std::filesystem::path& dir);
  ~ReportStore();
  ReportStore(const ReportStore&) = delete;

  // Replaces what is stored by this document, in one transaction. Errors as above (disk full, folder gone).
  [[nodiscard]] Result<void> write(const Report& report);

 private:
  struct Database;
  explicit ReportStore(std::unique_ptr<Database> db);
  std::unique_ptr<Database> db_;
};

// Reads the report in DIR (or of a report.db named itself), also while another process writes it. Errors: no such
// folder, no report in it, not a truemirror report, a newer schema_version.
[[nodiscard]] Result<Report> load_report(const std::filesystem::path& dir);

}  // namespace truemirror
