// One row of report.db as values, and fingerprints of rows and examples: what lets the writer skip what has not
// changed. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "diff/report/report.h"
#include "diff/report/sqlite.h"

namespace truemirror {

// 128 bits of XXH3 with a seed of the process: nobody who sends traffic can make two rows collide.
struct RowFingerprint {
  std::uint64_t low = 0, high = 0;
  bool operator==(const RowFingerprint&) const = default;
  [[nodiscard]] static RowFingerprint of(std::string_view bytes);
};

// The values of one row, in the order of its columns. Views belong to the caller.
class ReportRow {
 public:
  struct Blob {
    explicit Blob(std::string_view all) : bytes(all) {}
    std::string_view bytes;
  };
  using Field = std::variant<std::monostate, std::int64_t, double, std::string_view, Blob>;

  explicit ReportRow(std::vector<Field> fields) : fields_(std::move(fields)) {}
  void append_to(std::string& buffer) const;
  bool execute(SqliteStatement& statement) const;

 private:
  std::vector<Field> fields_;
};

// Everything an example holds, flat and unambiguous, for its fingerprint.
void append_example(std::string& buffer, const Example& example);

}  // namespace truemirror
