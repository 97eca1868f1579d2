// What a body is: by its Content-Type, and by a look at the bytes where that is absent or says little.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace truemirror {

enum class Media : std::uint8_t {
  empty,
  json,
  ndjson,
  form,
  html,
  xml,
  text,
  multipart,
  events,
  protobuf,
  grpc,
  binary
};
[[nodiscard]] std::string_view to_string(Media media);

// A Content-Type split up; views into the header's value.
struct ContentType {
  std::string_view type;  // `application/json`, not lower-cased
  std::string_view charset, boundary;
};
[[nodiscard]] ContentType parse_content_type(std::string_view value);

// `content_type` may be empty; `body` has its codings off.
[[nodiscard]] Media classify(const ContentType& content_type, std::string_view body);

// The text in UTF-8: from UTF-16 and UTF-32 by byte order mark or charset, from ISO 8859-1 and Windows-1252 by charset.
// Any other charset is left as it is. A byte order mark goes.
[[nodiscard]] std::string to_utf8(std::string_view text, std::string_view charset);
// The charset that an XML declaration or an HTML <meta> near the start names; empty where none does. A view into
// `body`.
[[nodiscard]] std::string_view declared_charset(Media media, std::string_view body);
// Whether to_utf8 would change anything: most often it would not.
[[nodiscard]] bool needs_transcoding(std::string_view text, std::string_view charset);

}  // namespace truemirror
