// Small files that people write, and results that people read. Blocking. Problems name the file and say why.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "proxy/http/problem.h"

namespace truemirror {

// The whole of a regular file (or pipe) of at most `limit` bytes.
[[nodiscard]] Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t limit = 4u << 20);

// Puts `text` in place at once, mode 0600: a reader sees the old file or the new one. Refuses to replace anything but a
// regular file; a link is not followed but refused.
[[nodiscard]] Result<void> write_private_file(const std::filesystem::path& file, std::string_view text);

}  // namespace truemirror
