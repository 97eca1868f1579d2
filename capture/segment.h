// One segment on its way to disk: NAME.warc.zst.partial until closed. Promise: what a flush has written stays readable
// whatever happens after; a flush that fails leaves the file as it was before it, and the exchanges of that flush are
// the only ones lost. Lives on the capture thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "capture/files.h"
#include "capture/frames.h"
#include "capture/warc.h"
#include "proxy/http/problem.h"

namespace truemirror {

// Where an exchange's request record starts, for tools that jump: an entry of the index frame.
struct IndexEntry {
  std::uint64_t offset = 0;
  WallTime at{};
  std::uint64_t target_hash = 0;  // XXH3-64 of the target as stored
  std::string method;             // cut at 8 bytes
};

// The index frame's content (FORMAT.md), and back; empty where it is none.
[[nodiscard]] std::string encode_index(const std::vector<IndexEntry>& entries);
[[nodiscard]] std::optional<std::vector<IndexEntry>> decode_index(std::string_view content);

class SegmentWriter {
 public:
  // `stem` is the name without the segment's number. Takes the next number from `info.segment` on whose names are free.
  // The dictionary and the warcinfo record are on disk when this returns.
  [[nodiscard]] static Result<std::unique_ptr<SegmentWriter>> create(std::shared_ptr<CaptureFiles> files,
                                                                     const std::filesystem::path& dir,
                                                                     const std::string& stem, WarcInfo info,
                                                                     const std::string& dictionary);
  ~SegmentWriter();  // leaves the file as a .partial where close() was not called
  SegmentWriter(const SegmentWriter&) = delete;
  SegmentWriter& operator=(const SegmentWriter&) = delete;

  // Compresses the records of one exchange into the buffer. False: out of memory, nothing was added.
  [[nodiscard]] bool add(const std::vector<std::string>& records, IndexEntry entry);
  // Writes the buffer. An errno value: the buffer's exchanges are gone, the file ends where it did before. Where even
  // cutting it back failed, `usable` is false from then on.
  [[nodiscard]] int flush();
  // Flushes, writes the index, syncs, and gives the file its final name. A Problem leaves a readable .partial.
  [[nodiscard]] Result<void> close();

  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] std::uint64_t written_exchanges() const { return entries_.size() - buffered_; }
  [[nodiscard]] std::uint64_t buffered_exchanges() const { return buffered_; }
  [[nodiscard]] std::size_t buffered_bytes() const { return buffer_.size(); }
  [[nodiscard]] std::uint64_t size() const { return written_ + buffer_.size(); }
  [[nodiscard]] bool usable() const { return usable_; }
  [[nodiscard]] const std::filesystem::path& path() const { return partial_; }

 private:
  SegmentWriter(std::shared_ptr<CaptureFiles> files, const std::string& dictionary)
      : files_(std::move(files)), compressor_(dictionary) {}
  [[nodiscard]] Result<void> take_final_name();

  std::shared_ptr<CaptureFiles> files_;
  RecordCompressor compressor_;
  std::filesystem::path dir_, partial_;
  std::string stem_;
  std::uint64_t number_ = 1;
  int fd_ = -1;
  std::uint64_t written_ = 0;   // bytes in the file
  std::string buffer_;          // whole frames that follow them
  std::uint64_t buffered_ = 0;  // exchanges in the buffer: the last entries
  std::vector<IndexEntry> entries_;
  bool usable_ = true;
};

inline constexpr std::string_view kSegmentSuffix = ".warc.zst";
inline constexpr std::string_view kPartialSuffix = ".warc.zst.partial";

}  // namespace truemirror
