// Captures from and to the formats of other tools: GoReplay's `.gor` (and `.gor.gz` to read) and HAR 1.2.
// What is imported goes to a CaptureWriter, which redacts; exporting says in numbers what the target format cannot
// hold. Importing reads a file of up to 1 GiB whole.
// Blocking; one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "capture/captured.h"
#include "proxy/http/problem.h"

namespace truemirror {

struct TransferStats {
  std::uint64_t exchanges = 0;
  // What was left out, and how often: `candidate answers`, `trailers`, `damaged messages` …
  std::map<std::string, std::uint64_t> lost;
};

// Takes one exchange; false ends the import early.
using ExchangeSink = std::function<bool(CapturedExchange&&)>;

// By what the file holds, whatever its name. Errors: unreadable, or neither of the two formats.
[[nodiscard]] Result<TransferStats> import_exchanges(const std::filesystem::path& file, const ExchangeSink& sink);

enum class ExportFormat : std::uint8_t { gor, har };
[[nodiscard]] Result<TransferStats> export_exchanges(const std::vector<std::filesystem::path>& captures,
                                                     ExportFormat format, std::ostream& out);

// The two formats as text, for import_exchanges and for tests.
[[nodiscard]] Result<TransferStats> import_gor(std::string_view text, const ExchangeSink& sink);
[[nodiscard]] Result<TransferStats> import_har(std::string_view text, const ExchangeSink& sink);

}  // namespace truemirror
