// Reading: one read transaction over all tables, so that the document is of one moment although another process writes.
// Also where the folder may not be written, as long as the writer ended well.
#include <unistd.h>

#include "diff/report/report_folder.h"
#include "diff/report/report_reader.h"
#include "diff/report/schema.h"
#include "diff/report/sqlite.h"
#include "diff/report/store.h"

namespace truemirror {
namespace {

namespace fs = std::filesystem;

// A path as a file: URI for SQLite.
std::string file_uri(const fs::path& file, std::string_view query) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "file:";
  std::error_code code;
  for (const char c : fs::absolute(file, code).string()) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '?' || c == '#' || c == '%') {
      uri += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      uri += c;
    }
  }
  return uri + std::string(query);
}

// A file without a log in a folder that may not be written cannot get one: it is read as it stands.
std::string uri_to_read(const fs::path& file) {
  std::error_code code;
  const bool has_log = fs::exists(file.string() + "-wal", code);
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const bool writable = ::access(folder.c_str(), W_OK) == 0;
  return file_uri(file, has_log || writable ? "" : "?immutable=1");
}

Result<fs::path> report_file(const fs::path& path) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status)) {
    return Problem{"'" + path.string() + "' does not exist; give the folder that --report named, or a report.db in it"};
  }
  if (!fs::is_directory(status)) return {boost::system::in_place_value, path};
  fs::path file = path / "report.db";
  if (fs::exists(file, code)) return {boost::system::in_place_value, file};
  return Problem{"'" + path.string() + "' holds no report.db; give the folder that --report named"};
}

Result<void> check_schema_version(SqliteConnection& connection, const fs::path& file) {
  SqliteStatement query(connection, "SELECT schema_version FROM run");
  if (!query.step()) {
    if (connection.ok()) return Problem{"'" + file.string() + "' holds no report yet: its run has not written one"};
    return Problem{"'" + file.string() + "' cannot be read: " + connection.error()};
  }
  const std::int64_t version = query.integer();
  if (version == kReportSchemaVersion) return {};
  return Problem{"'" + file.string() + "' has schema version " + std::to_string(version) + ", this program reads " +
                 std::to_string(kReportSchemaVersion) + "; use the truemirror that wrote it, or a newer one"};
}

}  // namespace

Result<Report> load_report(const fs::path& path) {
  const auto file = report_file(path);
  if (!file) return file.error();
  auto connection = SqliteConnection::open(uri_to_read(*file), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  if (!connection) return Problem{"'" + file->string() + "' cannot be opened: " + connection.error().text};
  if (auto ours = check_report_database(*connection, *file); !ours) return ours.error();
  if (!connection->run("BEGIN")) return Problem{"'" + file->string() + "' cannot be read: " + connection->error()};
  if (auto known = check_schema_version(*connection, *file); !known) return known.error();

  ReadReport read = read_report(*connection);
  if (!connection->ok()) return Problem{"'" + file->string() + "' is damaged: " + connection->error()};
  if (read.damage == kNoRun) {
    return Problem{"'" + file->string() + "' holds no run yet; the first numbers come within a second of its start"};
  }
  if (!read.damage.empty()) return Problem{"'" + file->string() + "' is damaged: it holds " + read.damage};
  return std::move(read.report);
}

}  // namespace truemirror
