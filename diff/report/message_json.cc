// Values are checked before they are passed through: they come from traffic, or from a file of somebody else's.
#include "diff/report/message_json.h"

#include <algorithm>
#include <boost/json.hpp>

#include "diff/report/row_text.h"
#include "diff/report/shown_text.h"

namespace truemirror {
namespace {

bool is_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 128;
  boost::json::stream_parser parser({}, options);
  boost::system::error_code code;
  parser.write(text.data(), text.size(), code);
  if (!code) parser.finish(code);
  return !code;
}

// Whether kind, values and classes say what the transition is.
bool tells_transition(const Divergence& d) {
  if (d.kind == Kind::value) return d.transition == d.from_class + "→" + d.to_class;
  return d.kind != Kind::bytes && d.kind != Kind::malformed;
}

}  // namespace

bool write_shown_value(JsonWriter& json, const std::optional<std::string>& value) {
  if (!value) {
    json.null();
    return false;
  }
  if (value->size() <= kShownValueBytes && is_json(*value)) {
    std::string on_one_line = *value;  // a line break in valid JSON is white space between tokens
    std::replace_if(on_one_line.begin(), on_one_line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    json.raw(on_one_line);
    return false;
  }
  json.text(std::string(utf8_whole(std::string_view(*value).substr(0, kShownValueBytes))) + "…");
  return true;
}

void write_divergence(JsonWriter& json, const Divergence& divergence) {
  json.begin_object();
  json.key("location").text(divergence.location);
  json.key("kind").text(to_string(divergence.kind));
  json.key("stable");
  bool cut = write_shown_value(json, divergence.stable);
  json.key("candidate");
  cut = write_shown_value(json, divergence.arm) || cut;
  if (!tells_transition(divergence)) json.key("transition").text(divergence.transition);
  json.key("classes").begin_array().text(divergence.from_class).text(divergence.to_class).end_array();
  if (cut) json.key("cut").boolean(true);
  if (divergence.repeated > 0) json.key("repeated").number(std::uint64_t{divergence.repeated});
  if (divergence.approximate) json.key("approximate").boolean(true);
  if (divergence.disposition != Disposition::open) json.key("disposition").text(to_string(divergence.disposition));
  json.end_object();
}

}  // namespace truemirror
