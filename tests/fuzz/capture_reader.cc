// Any bytes as a capture file: every frame is read, skipped or refused, and what is read accounts for the file.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "capture/frames.h"
#include "capture/reader.h"
#include "capture/warc.h"
#include "tests/fuzz/fuzz.h"

namespace truemirror {
namespace {

// The bytes as they are, and the bytes as the content of one record's frame behind a valid head.
void read_file(std::string_view bytes) {
  const int file = memfd_create("fuzz.warc.zst", MFD_CLOEXEC);
  require(file >= 0 && write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "a file to read");
  auto reader = CaptureReader::open({"/proc/self/fd/" + std::to_string(file)});
  if (reader) {
    CapturedExchange exchange;
    std::uint64_t exchanges = 0;
    while (true) {
      const auto more = reader->next(exchange);
      if (!more || !*more) break;
      ++exchanges;
    }
    require(exchanges <= reader->stats().records, "an exchange is made of records");
    require(reader->stats().skipped_bytes <= bytes.size(), "no more is skipped than there is");
  }
  close(file);
}

void read_frames(std::string_view bytes) {
  RecordExpander expander;
  while (!bytes.empty()) {
    const FrameExtent extent = measure_frame(bytes);
    if (extent.state != FrameExtent::State::complete) return;
    require(extent.size > 0 && extent.size <= bytes.size(), "a complete frame lies in its bytes");
    const std::string_view frame = bytes.substr(0, extent.size);
    if (extent.magic == kDictionaryMagic) {
      if (const auto dictionary = dictionary_of(frame.substr(kSkippableHeader))) {
        (void)expander.use_dictionary(*dictionary);
      }
    } else if (!extent.skippable()) {
      if (const auto content = expander.expand(frame, extent)) {
        require(content->size() <= extent.content_bound, "no content is longer than its bound");
      }
    }
    bytes.remove_prefix(extent.size);
  }
}

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  FuzzInput input(data, size);
  if (input.byte() % 2 == 0) {
    read_frames(input.rest());
    read_file(input.rest());
    return 0;
  }
  // Compressed here, so that mutations reach the records behind the checksum.
  RecordCompressor compressor("");
  std::string file;
  WarcInfo info;
  info.filename = "f";
  info.run = "r";
  require(compressor.append(file, warcinfo_record(info)), "a first record");
  while (!input.empty()) require(compressor.append(file, input.part()), "a record");
  read_file(file);
  return 0;
}
