// Writing: the connection, the transaction around each write, and the watch on the file that is written.
#include "diff/report/store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <optional>

#include "diff/report/report_folder.h"
#include "diff/report/report_writer.h"
#include "diff/report/sqlite.h"

namespace truemirror {
namespace {

struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;

  static FileIdentity of(const std::filesystem::path& file) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) return {};
    return {status.st_dev, status.st_ino};
  }
};

}  // namespace

struct ReportStore::Database {
  struct Open {
    SqliteConnection connection;
    ReportWriter writer{connection};
    FileIdentity identity;

    Open(SqliteConnection opened, const std::filesystem::path& file)
        : connection(std::move(opened)), identity(FileIdentity::of(file)) {}
  };
  std::filesystem::path dir, file;
  FolderLock lock;
  std::optional<Open> open;  // from begin() on

  Database(std::filesystem::path folder, FolderLock held)
      : dir(std::move(folder)), file(dir / "report.db"), lock(std::move(held)) {}
};

ReportStore::ReportStore(std::unique_ptr<Database> db) : db_(std::move(db)) {}
ReportStore::~ReportStore() = default;

Result<std::unique_ptr<ReportStore>> ReportStore::claim(const std::filesystem::path& dir) {
  if (auto made = make_report_folder(dir); !made) return made.error();
  auto lock = FolderLock::take(dir);
  if (!lock) return lock.error();
  if (auto ours = check_earlier_report(dir); !ours) return ours.error();
  return std::unique_ptr<ReportStore>(new ReportStore(std::make_unique<Database>(dir, std::move(*lock))));
}

Result<void> ReportStore::begin() {
  assert(!db_->open);
  const std::filesystem::path& file = db_->file;
  if (auto aside = set_earlier_report_aside(db_->dir); !aside) return aside.error();
  if (auto made = make_report_database(db_->dir); !made) return made.error();
  auto connection = SqliteConnection::open(file.string(), SQLITE_OPEN_READWRITE);
  if (!connection) return Problem{"'" + file.string() + "' cannot be opened: " + connection.error().text};
  // NORMAL: a killed process loses nothing; after a power cut the last writes may be gone, the rest is whole.
  connection->run("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864");
  if (!connection->ok()) return Problem{"'" + file.string() + "' cannot be written: " + connection->error()};
  db_->open.emplace(std::move(*connection), file);
  return {};
}

Result<std::unique_ptr<ReportStore>> ReportStore::create(const std::filesystem::path& dir) {
  auto store = claim(dir);
  if (!store) return store;
  if (auto begun = (*store)->begin(); !begun) return begun.error();
  return store;
}

// Where somebody has moved report.db away: lets go of that file, which keeps what it had. False where that is not what
// happened, or where it cannot be done.
bool ReportStore::release_moved_file() {
  std::error_code code;
  if (std::filesystem::exists(std::filesystem::symlink_status(db_->file, code)) ||
      !std::filesystem::is_directory(db_->dir, code)) {
    return false;
  }
  {
    // The log is still under the old name, where it would become the log of the next file.
    SqliteStatement checkpoint(db_->open->connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (!checkpoint.step() || checkpoint.flag()) return false;
  }
  db_->open.reset();
  for (const char* suffix : {"-wal", "-shm"}) ::unlink((db_->file.string() + suffix).c_str());
  return true;
}

Result<void> ReportStore::write(const Report& report) {
  // SQLite would go on writing into a file that nobody can open any more.
  const bool moved = db_->open && FileIdentity::of(db_->file) != db_->open->identity;
  if (moved && !release_moved_file()) {
    return Problem{"'" + db_->file.string() +
                   "' was removed or replaced while the run writes it; nothing more is stored"};
  }
  if (!db_->open) {
    if (auto begun = begin(); !begun) return begun;
  }
  SqliteConnection& connection = db_->open->connection;
  connection.clear();
  if (connection.run("BEGIN IMMEDIATE")) db_->open->writer.write(report);
  if (connection.ok() && connection.run("COMMIT")) return {};
  Problem problem{"'" + db_->file.string() + "' cannot be written: " + connection.error()};
  if (sqlite3_get_autocommit(connection.handle()) == 0) connection.run("ROLLBACK");
  db_->open->writer.forget();
  return problem;
}

}  // namespace truemirror
