// Redaction of one body, after its content codings: by what its Content-Type says it is, and by a look at the bytes
// where that says nothing. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "capture/redaction_policy.h"

namespace truemirror {

enum class BodyShape : std::uint8_t { json, form, multipart, events, text, unknown, opaque, undecodable };

// From a Content-Type. `opaque` (images, sound, video, fonts) is stored as it is; `undecodable` (UTF-16, UTF-32) is
// not.
[[nodiscard]] BodyShape body_shape(std::string_view content_type);

struct RedactedBody {
  std::string bytes;
  std::size_t kept = 0;  // bytes of the input that these stand for: less than all only where a copy limit cut the body
};

// None: it cannot be made safe. `cut`: a copy limit ended the body early; its last word is left out then, because a
// half of a secret looks like none.
[[nodiscard]] std::optional<RedactedBody> redact_body(std::string_view bytes, std::string_view content_type, bool cut,
                                                      const RedactionPolicy& policy);

}  // namespace truemirror
