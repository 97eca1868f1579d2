// The writer's lock is flock(2) on the folder itself, so that it leaves no file behind. A new database is made under
// another name and renamed, so that a kill leaves no half of one.
#include "diff/report/report_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
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

// Moves everything from the write-ahead log into the file and gives the id of the run; empty where it never wrote.
Result<std::string> settle_earlier_report(const fs::path& file) {
  auto opened = SqliteConnection::open(file.string(), SQLITE_OPEN_READWRITE);
  if (!opened) return Problem{quoted(file) + " cannot be opened (" + opened.error().text + "); move it away"};
  SqliteConnection& connection = *opened;
  if (auto ours = check_report_database(connection, file); !ours) return ours.error();
  std::string run;
  {
    SqliteStatement query(connection, "SELECT id FROM run LIMIT 1");
    if (query.step()) run = query.text();
    query.reset();
    SqliteStatement checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (checkpoint.step() && checkpoint.flag()) {
      return Problem{quoted(file) + " is being read by another program; end that, or choose another folder"};
    }
  }
  if (!connection.ok()) return Problem{quoted(file) + " cannot be renamed out of the way: " + connection.error()};
  return {boost::system::in_place_value, std::move(run)};
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

Result<void> set_earlier_report_aside(const fs::path& dir) {
  const fs::path file = dir / "report.db";
  std::error_code code;
  if (!fs::exists(fs::symlink_status(file, code))) return {};
  if (!fs::is_regular_file(file, code)) return Problem{quoted(file) + " is no regular file; move it away"};
  const auto run = settle_earlier_report(file);
  if (!run) return Problem{run.error().text + " (a report that is there is renamed, never overwritten)"};

  const std::string stem = "report-" + name_part(*run);
  fs::path target = dir / (stem + ".db");
  for (int n = 2; fs::exists(fs::symlink_status(target, code)); ++n) {
    target = dir / (stem + "-" + std::to_string(n) + ".db");
  }
  // The log is empty now; it exists only while some reader is idle, and must not become the log of the next report.db.
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
