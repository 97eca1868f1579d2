// The writer's lock is flock(2) on the folder itself, so that it leaves no file behind. A new database is made under
// another name and renamed, so that a kill leaves no half of one.
#include "diff/report/report_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include "diff/report/schema.h"

namespace truemirror {
namespace {

namespace fs = std::filesystem;

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }
std::string errno_text() { return std::generic_category().message(errno); }

// A run id as part of a file name.
std::string name_part(const std::string& run) {
  std::string out;
  for (const char c : run.substr(0, 64)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    out += plain ? c : '_';
  }
  return out.empty() ? "unnamed" : out;
}

bool is_damage(const SqliteConnection& connection) { return (connection.error_code() & 0xFF) == SQLITE_CORRUPT; }

// Opens the report.db of an earlier run; nothing where there is none. Errors: it is not ours, so it stays as it is.
Result<std::optional<SqliteConnection>> open_earlier_report(const fs::path& file) {
  std::error_code code;
  if (!fs::exists(fs::symlink_status(file, code))) return {boost::system::in_place_value, std::nullopt};
  if (!fs::is_regular_file(file, code)) return Problem{quoted(file) + " is no regular file; move it away"};
  auto opened = SqliteConnection::open(file.string(), SQLITE_OPEN_READWRITE);
  if (!opened) return Problem{quoted(file) + " cannot be opened (" + opened.error().text + "); move it away"};
  if (auto ours = check_report_database(*opened, file); !ours && !is_damage(*opened)) {
    return Problem{ours.error().text + "; move it away, or name another folder"};
  }
  return {boost::system::in_place_value, std::move(*opened)};
}

// The id of the run, once everything is moved from the write-ahead log into the file; where a reader keeps that from
// being done the log is renamed with it. Empty where the run never wrote.
Result<std::string> settle_earlier_report(SqliteConnection& connection, const fs::path& file) {
  std::string run;
  {
    SqliteStatement query(connection, "SELECT id FROM run LIMIT 1");
    if (query.step()) run = query.text();
    query.reset();
    SqliteStatement checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    (void)checkpoint.step();
  }
  if (connection.ok()) return {boost::system::in_place_value, std::move(run)};
  // Damage must not be in the way of the next run; whoever wants to rescue something finds it under this name.
  if (is_damage(connection)) return {boost::system::in_place_value, "damaged"};
  return Problem{quoted(file) + " cannot be renamed out of the way: " + connection.error()};
}

}  // namespace

Result<FolderLock> FolderLock::take(const fs::path& dir) {
  const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Problem{"report folder " + quoted(dir) + " cannot be opened: " + errno_text()};
  FolderLock lock(fd);
  // Other errors: a file system without flock (some network mounts); it has to do without the lock.
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Problem{"report folder " + quoted(dir) + " is in use by another truemirror; give each run its own folder"};
  }
  return lock;
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> make_report_folder(const fs::path& dir) {
  std::error_code code;
  if (fs::is_directory(dir, code)) return {};
  if (fs::exists(dir, code)) return Problem{"report folder " + quoted(dir) + " is a file; give the name of a folder"};
  fs::path plain = dir.lexically_normal();
  if (!plain.has_filename()) plain = plain.parent_path();
  if (plain.has_parent_path()) fs::create_directories(plain.parent_path(), code);
  if (::mkdir(plain.c_str(), 0700) != 0 && errno != EEXIST) {
    return Problem{"report folder " + quoted(dir) + " cannot be made: " + errno_text()};
  }
  return {};
}

Result<void> check_report_database(SqliteConnection& connection, const fs::path& file) {
  SqliteStatement query(connection, "PRAGMA application_id");
  const bool ours = query.step() && query.integer() == kReportApplicationId;
  if (ours) return {};
  if (connection.ok()) return Problem{quoted(file) + " is a SQLite file but not a truemirror report"};
  if ((connection.error_code() & 0xFF) == SQLITE_NOTADB) {
    return Problem{quoted(file) + " is no SQLite file, so not a truemirror report"};
  }
  const int kind = connection.error_code() & 0xFF;
  const bool no_log = kind == SQLITE_CANTOPEN || kind == SQLITE_READONLY;
  return Problem{quoted(file) + " cannot be read: " + connection.error() +
                 (no_log ? "; its log needs a folder that may be written: copy the files to one" : "")};
}

Result<void> check_earlier_report(const fs::path& dir) {
  const auto earlier = open_earlier_report(dir / "report.db");
  if (!earlier) return earlier.error();
  return {};
}

Result<void> set_earlier_report_aside(const fs::path& dir) {
  const fs::path file = dir / "report.db";
  std::string run;
  {
    auto earlier = open_earlier_report(file);
    if (!earlier) return earlier.error();
    if (!*earlier) return {};
    auto settled = settle_earlier_report(**earlier, file);
    if (!settled) return settled.error();
    run = *std::move(settled);
  }

  std::error_code code;
  const std::string stem = "report-" + name_part(run);
  fs::path target = dir / (stem + ".db");
  for (int n = 2; fs::exists(fs::symlink_status(target, code)); ++n) {
    target = dir / (stem + "-" + std::to_string(n) + ".db");
  }
  // The log goes first: it must not become the log of the next report.db.
  for (const char* suffix : {"-wal", "-shm", ""}) {
    fs::rename(file.string() + suffix, target.string() + suffix, code);
    if (code && code != std::errc::no_such_file_or_directory) {
      return Problem{quoted(file) + " cannot be renamed to " + quoted(target) + ": " + code.message()};
    }
  }
  return {};
}

Result<void> make_report_database(const fs::path& dir) {
  const fs::path partial = dir / "report.db.partial";
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((partial.string() + suffix).c_str());
  const int fd = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return Problem{"report folder " + quoted(dir) + " cannot be written: " + errno_text()};
  ::close(fd);
  {
    auto opened = SqliteConnection::open(partial.string(), SQLITE_OPEN_READWRITE);
    if (!opened) return Problem{quoted(partial) + " cannot be opened: " + opened.error().text};
    const bool made = opened->run("BEGIN") && opened->run(kReportSchema) && opened->run("COMMIT") &&
                      opened->run("PRAGMA journal_mode = WAL");
    if (!made) return Problem{quoted(partial) + " cannot be written: " + opened->error()};
  }
  std::error_code code;
  fs::rename(partial, dir / "report.db", code);
  if (code) return Problem{quoted(dir / "report.db") + " cannot be made: " + code.message()};
  return {};
}

}  // namespace truemirror
