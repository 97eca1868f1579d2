// What `truemirror capture ls|cat|verify|dict` print (design.md §5). Bytes of traffic are printed so that a terminal
// takes none of them as a command. Blocking; one thread.
#pragma once

#include <filesystem>
#include <optional>
#include <ostream>
#include <vector>

#include "capture/captured.h"
#include "capture/segment_reader.h"
#include "proxy/http/problem.h"

namespace truemirror {

struct CatOptions {
  bool json = false;                // one JSON line an exchange (FORMAT.md)
  std::optional<std::uint64_t> id;  // only the exchange of that sequence number
};

// One line an exchange: when, id, method, target, status of each arm, sizes. Damage is told in `stats`, where given.
[[nodiscard]] Result<void> capture_ls(const std::vector<std::filesystem::path>& paths, std::ostream& out,
                                      ReadStats* stats = nullptr);
// Errors also where `id` is given and no exchange has it.
[[nodiscard]] Result<void> capture_cat(const std::vector<std::filesystem::path>& paths, const CatOptions& options,
                                       std::ostream& out, ReadStats* stats = nullptr);
// One line a file, and what is damaged in it. False: something is.
[[nodiscard]] Result<bool> capture_verify(const std::vector<std::filesystem::path>& paths, std::ostream& out);
// The dictionary of a segment, as `zstd -D` takes it. Error: it has none.
[[nodiscard]] Result<void> capture_dict(const std::filesystem::path& file, std::ostream& out);

// One exchange as a JSON object, without the line's end.
[[nodiscard]] std::string exchange_json(const CapturedExchange& exchange);

}  // namespace truemirror
