// Writes JSON straight into a string. Not a document model, because values of traffic are passed through as they are:
// a number keeps every digit, which no double or int64 of a model would. Commas are set by the writer.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

namespace truemirror {

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  // Starts the next member or element on a new line, so that a report can be read and compared by lines.
  JsonWriter& line();

  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);  // bytes that are no UTF-8 become `\\xNN`
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonWriter& number(T value) {
    return raw(std::to_string(value));
  }
  JsonWriter& number(double value);  // null where it is not finite
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& raw(std::string_view json);  // must be one JSON value

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string out_;
  bool comma_ = false;
  bool line_ = false;
};

}  // namespace truemirror
