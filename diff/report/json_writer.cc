// Separators are decided when the next token comes: `comma_` says whether one is due.
#include "diff/report/json_writer.h"

#include <array>

#include "proxy/http/utf8.h"

namespace truemirror {

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  if (line_) out_ += '\n';
  comma_ = line_ = false;
}

JsonWriter& JsonWriter::line() {
  line_ = true;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  comma_ = false;
  separate();
  out_ += bracket;
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  out_ += json_quoted(name);
  out_ += ':';
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) { return raw(json_quoted(value)); }

JsonWriter& JsonWriter::number(double value) {
  if (!std::isfinite(value)) return null();
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  comma_ = true;
  return *this;
}

}  // namespace truemirror
