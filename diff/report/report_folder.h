// The folder of a report: who writes in it, what becomes of an earlier report.db, how a new one comes to be whole.
// Refuses what is not ours: a foreign report.db is never touched, and one folder has one writer at a time.
#pragma once

#include <filesystem>
#include <string>

#include "diff/report/sqlite.h"
#include "proxy/http/problem.h"

namespace truemirror {

// Held by the writer of a folder for as long as it lives; the kernel lets go of it when the process dies.
class FolderLock {
 public:
  [[nodiscard]] static Result<FolderLock> take(const std::filesystem::path& dir);
  FolderLock(FolderLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

// Makes the folder (0700) where it is not there; its parents too, as the umask says.
[[nodiscard]] Result<void> make_report_folder(const std::filesystem::path& dir);
// That set_earlier_report_aside() may rename what there is. Changes nothing.
[[nodiscard]] Result<void> check_earlier_report(const std::filesystem::path& dir);
// Renames report.db of an earlier run to report-<run>.db, or, where it is damaged, to report-damaged.db; nothing to do
// where there is none. Whoever reads it meanwhile goes on reading it.
[[nodiscard]] Result<void> set_earlier_report_aside(const std::filesystem::path& dir);
// Makes an empty report.db (0600) with its tables; it appears whole or not at all.
[[nodiscard]] Result<void> make_report_database(const std::filesystem::path& dir);
// That the open file is a SQLite database of truemirror. Errors name the file.
[[nodiscard]] Result<void> check_report_database(SqliteConnection& connection, const std::filesystem::path& file);

}  // namespace truemirror
