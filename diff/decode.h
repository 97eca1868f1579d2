// Takes content codings off a body (RFC 9110 §8.4): gzip, deflate (zlib, and the raw streams that some send), br, zstd,
// several in a row. Bounded in output and in window size: a bomb is an error, not an outage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "proxy/http/headers.h"

namespace truemirror {

// `unknown`: a coding that is not listed above. `corrupt`: broken or cut short, or over eight codings. `bomb`: over the
// limit.
enum class CodingError : std::uint8_t { unknown, corrupt, bomb };
[[nodiscard]] std::string_view to_string(CodingError error);

// The codings in the order they were applied, `identity` left out. Views into the headers.
[[nodiscard]] std::vector<std::string_view> content_codings(const Headers& headers);

[[nodiscard]] boost::system::result<std::string, CodingError> decode(std::string_view body,
                                                                     const std::vector<std::string_view>& codings,
                                                                     std::size_t max_bytes);

}  // namespace truemirror
