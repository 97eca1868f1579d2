// SQLite behind two small classes: a connection and a prepared statement. The first error sticks to the connection, so
// that a run of binds and steps needs one check at its end. One thread at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/http/problem.h"

namespace truemirror {

class SqliteConnection {
 public:
  // `flags` as for sqlite3_open_v2; `uri` may be a path or a file: URI.
  [[nodiscard]] static Result<SqliteConnection> open(const std::string& uri, int flags);

  // Runs statements without results. False where one failed.
  bool run(const char* sql);
  [[nodiscard]] bool ok() const { return error_code_ == SQLITE_OK; }
  // The first error since the last clear(): "disk I/O error", and its extended result code.
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] int error_code() const { return error_code_; }
  void clear();
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  void note_error(int code);

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  explicit SqliteConnection(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, Close> handle_;
  std::string error_;
  int error_code_ = SQLITE_OK;
};

// Parameters are bound in order by add(), columns are read in order by the getters; both start over at reset().
class SqliteStatement {
 public:
  // The connection outlives the statement. SQL that does not compile is the connection's error.
  SqliteStatement(SqliteConnection& connection, std::string_view sql);

  SqliteStatement& add(std::int64_t value);
  SqliteStatement& add(std::uint64_t value) { return add(static_cast<std::int64_t>(value)); }  // same 64 bits
  SqliteStatement& add(int value) { return add(static_cast<std::int64_t>(value)); }
  SqliteStatement& add(bool value) { return add(static_cast<std::int64_t>(value)); }
  SqliteStatement& add(double value);           // NaN is stored as NULL
  SqliteStatement& add(std::string_view text);  // any bytes; the caller keeps them until step()
  SqliteStatement& add(const std::string& text) { return add(std::string_view(text)); }
  SqliteStatement& add_blob(std::string_view bytes);
  SqliteStatement& add_null();

  // True while there is a row. Errors end it and stay with the connection.
  bool step();
  // step() for a statement without rows, then reset().
  bool execute();
  void reset();

  [[nodiscard]] std::int64_t integer();
  [[nodiscard]] std::uint64_t counter() { return static_cast<std::uint64_t>(integer()); }
  [[nodiscard]] bool flag() { return integer() != 0; }
  [[nodiscard]] double real();  // NULL is NaN
  [[nodiscard]] std::string text();
  [[nodiscard]] bool next_is_null() const { return sqlite3_column_type(statement_.get(), column_) == SQLITE_NULL; }
  void skip() { ++column_; }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void check(int code);

  SqliteConnection& connection_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int parameter_ = 0;
  int column_ = 0;
};

}  // namespace truemirror
