// Writing: the connection, the transaction around each write, and the watch on the file that is written.
#include "diff/report/store.h"

#include <sys/stat.h>

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
  std::filesystem::path file;
  FolderLock lock;
  SqliteConnection connection;
  ReportWriter writer{connection};
  FileIdentity identity = FileIdentity::of(file);

  Database(std::filesystem::path path, FolderLock held, SqliteConnection opened)
      : file(std::move(path)), lock(std::move(held)), connection(std::move(opened)) {}
};

ReportStore::ReportStore(std::unique_ptr<Database> db) : db_(std::move(db)) {}
ReportStore::~ReportStore() = default;

Result<std::unique_ptr<ReportStore>> ReportStore::create(const std::filesystem::path& dir) {
  if (auto made = make_report_folder(dir); !made) return made.error();
  auto lock = FolderLock::take(dir);
  if (!lock) return lock.error();
  if (auto aside = set_earlier_report_aside(dir); !aside) return aside.error();
  if (auto made = make_report_database(dir); !made) return made.error();

  const std::filesystem::path file = dir / "report.db";
  auto connection = SqliteConnection::open(file.string(), SQLITE_OPEN_READWRITE);
  if (!connection) return Problem{"'" + file.string() + "' cannot be opened: " + connection.error().text};
  // NORMAL: a killed process loses nothing; after a power cut the last writes may be gone, the rest is whole.
  connection->run("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864");
  auto db = std::make_unique<Database>(file, std::move(*lock), std::move(*connection));
  if (!db->connection.ok()) return Problem{"'" + file.string() + "' cannot be written: " + db->connection.error()};
  return std::unique_ptr<ReportStore>(new ReportStore(std::move(db)));
}

Result<void> ReportStore::write(const Report& report) {
  // SQLite would go on writing into a file that nobody can open any more.
  if (FileIdentity::of(db_->file) != db_->identity) {
    return Problem{"'" + db_->file.string() +
                   "' was removed or replaced while the run writes it; nothing more is stored"};
  }
  SqliteConnection& connection = db_->connection;
  connection.clear();
  if (connection.run("BEGIN IMMEDIATE")) db_->writer.write(report);
  if (connection.ok() && connection.run("COMMIT")) return {};
  Problem problem{"'" + db_->file.string() + "' cannot be written: " + connection.error()};
  if (sqlite3_get_autocommit(connection.handle()) == 0) connection.run("ROLLBACK");
  db_->writer.forget();
  return problem;
}

}  // namespace truemirror
