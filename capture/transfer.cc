#include "capture/transfer.h"

#include <fstream>

#include "capture/content_coding.h"
#include "capture/gor.h"
#include "capture/har.h"
#include "capture/reader.h"

namespace truemirror {
namespace {

// Both formats are read whole: gor has no order between requests and answers, HAR is one document.
constexpr std::size_t kMaxImport = 1u << 30;

}  // namespace

Result<TransferStats> import_exchanges(const std::filesystem::path& file, const ExchangeSink& sink) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) return Problem{file.string() + ": " + error.message()};
  if (size > kMaxImport) return Problem{file.string() + ": larger than 1 GiB; split it and import the parts"};
  std::ifstream in(file, std::ios::binary);
  std::string bytes(size, '\0');
  if (!in.read(bytes.data(), static_cast<std::streamsize>(size))) return Problem{file.string() + ": cannot be read"};
  if (bytes.starts_with("\x1f\x8b")) {
    auto plain = remove_content_codings("gzip", bytes, kMaxImport);
    if (!plain) return Problem{file.string() + ": its gzip data is damaged, or more than 1 GiB unpacked"};
    bytes = std::move(*plain);
  }
  const std::size_t first = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  const bool har = first != std::string::npos && bytes[first] == '{';
  const bool gor = bytes.size() > 2 && bytes[0] >= '1' && bytes[0] <= '3' && bytes[1] == ' ';
  if (!har && !gor) return Problem{file.string() + ": neither a GoReplay file nor a HAR"};
  Result<TransferStats> done = har ? import_har(bytes, sink) : import_gor(bytes, sink);
  if (!done) return Problem{file.string() + ": " + done.error().text};
  return done;
}

Result<TransferStats> export_exchanges(const std::vector<std::filesystem::path>& captures, ExportFormat format,
                                       std::ostream& out) {
  auto reader = CaptureReader::open(captures);
  if (!reader) return reader.error();
  TransferStats stats;
  std::optional<HarWriter> har;
  if (format == ExportFormat::har) har.emplace(out);
  for (CapturedExchange exchange;;) {
    const Result<bool> read = reader->next(exchange);
    if (!read) return read.error();
    if (!*read) break;
    if (har) {
      har->write(exchange, stats);
    } else {
      write_gor(exchange, out, stats);
    }
  }
  if (har) har->finish();
  out.flush();
  if (!out) return Problem{"export: the output cannot be written"};
  return stats;
}

}  // namespace truemirror
