// Takes content codings off a body so that redaction can look into it. Bounded: a bomb is refused, not unpacked.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace truemirror {

// `codings`: the value of Content-Encoding; gzip, x-gzip, deflate, br, zstd and identity, at most four of them. None:
// an unknown coding, damaged or incomplete bytes, bytes behind the end, or more than `limit` once decoded.
[[nodiscard]] std::optional<std::string> remove_content_codings(std::string_view codings, std::string_view bytes,
                                                                std::size_t limit);
// False where the value names no coding but identity.
[[nodiscard]] bool has_content_coding(std::string_view codings);

}  // namespace truemirror
