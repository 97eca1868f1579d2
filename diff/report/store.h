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
  // Takes the folder for this run, making it (0700) where it is not there, and sees that a report.db in it is ours.
  // Changes no report: whatever else the run needs may still fail. Errors: a sentence that says what, where and what
  // would be right.
  [[nodiscard]] static Result<std::unique_ptr<ReportStore>> claim(const std::filesystem::path& dir);
  // Before the first write: renames the report.db of an earlier run to report-<run>.db, and makes a new one, mode
  // 0600. Errors as above.
  [[nodiscard]] Result<void> begin();
  // Both.
  [[nodiscard]] static Result<std::unique_ptr<ReportStore>> create(const std::filesystem::path& dir);
  ~ReportStore();
  ReportStore(const ReportStore&) = delete;

  // Replaces what is stored by this document, in one transaction. Where report.db has been moved out of the folder a
  // new one is begun. Errors as above (disk full, folder gone, another file in its place).
  [[nodiscard]] Result<void> write(const Report& report);

 private:
  struct Database;
  bool release_moved_file();
  explicit ReportStore(std::unique_ptr<Database> db);
  std::unique_ptr<Database> db_;
};

// Reads the report in DIR (or of a report.db named itself), also while another process writes it. Errors: no such
// folder, no report in it, not a truemirror report, a newer schema_version.
[[nodiscard]] Result<Report> load_report(const std::filesystem::path& dir);

}  // namespace truemirror
