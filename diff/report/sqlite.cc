// Thin calls into SQLite's C interface. Errors never throw: they are noted in the connection.
#include "diff/report/sqlite.h"

#include <cmath>
#include <limits>

namespace truemirror {

Result<SqliteConnection> SqliteConnection::open(const std::string& uri, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(uri.c_str(), &handle, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  SqliteConnection connection(handle);
  if (code != SQLITE_OK) return Problem{handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code)};
  // A file from elsewhere may hold hostile SQL in its schema.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_busy_timeout(handle, 5000);
  return connection;
}

bool SqliteConnection::run(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) note_error(code);
  return code == SQLITE_OK;
}

void SqliteConnection::clear() {
  error_code_ = SQLITE_OK;
  error_.clear();
}

void SqliteConnection::note_error(int code) {
  if (error_code_ != SQLITE_OK) return;
  error_code_ = code;
  error_ = sqlite3_errmsg(handle_.get());
}

SqliteStatement::SqliteStatement(SqliteConnection& connection, std::string_view sql) : connection_(connection) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(connection.handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &statement, nullptr));
  statement_.reset(statement);
}

void SqliteStatement::check(int code) {
  if (code != SQLITE_OK) connection_.note_error(code);
}

SqliteStatement& SqliteStatement::add(std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), ++parameter_, value));
  return *this;
}

SqliteStatement& SqliteStatement::add(double value) {
  check(sqlite3_bind_double(statement_.get(), ++parameter_, value));
  return *this;
}

SqliteStatement& SqliteStatement::add(std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), ++parameter_, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
  return *this;
}

SqliteStatement& SqliteStatement::add_blob(std::string_view bytes) {
  check(sqlite3_bind_blob64(statement_.get(), ++parameter_, bytes.empty() ? "" : bytes.data(), bytes.size(),
                            SQLITE_STATIC));
  return *this;
}

SqliteStatement& SqliteStatement::add_null() {
  check(sqlite3_bind_null(statement_.get(), ++parameter_));
  return *this;
}

bool SqliteStatement::step() {
  if (!connection_.ok()) return false;
  column_ = 0;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection_.note_error(code);
  return false;
}

bool SqliteStatement::execute() {
  step();
  reset();
  return connection_.ok();
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  parameter_ = 0;
  column_ = 0;
}

std::int64_t SqliteStatement::integer() { return sqlite3_column_int64(statement_.get(), column_++); }

double SqliteStatement::real() {
  if (next_is_null()) {
    skip();
    return std::numeric_limits<double>::quiet_NaN();
  }
  return sqlite3_column_double(statement_.get(), column_++);
}

std::string SqliteStatement::text() {
  const int at = column_++;
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), at));
  const int size = sqlite3_column_bytes(statement_.get(), at);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

}  // namespace truemirror
