// Reads the records of one segment, closed or .partial, without its index.
// Promise: on any bytes at all it ends, in memory bounded by kMaxFrameBytes and kMaxRecordBytes and in time linear in
// the file; a frame that fails its checksum is skipped and counted; a torn last frame ends it. Refuses files that are
// no capture, and says what they are. Blocking; one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/frames.h"
#include "capture/segment.h"
#include "capture/warc.h"
#include "proxy/http/problem.h"

namespace truemirror {

struct ReadStats {
  std::uint64_t exchanges = 0;
  std::uint64_t records = 0;         // intact ones
  std::uint64_t bytes = 0;           // of the files, as far as they were read
  std::uint64_t skipped_frames = 0;  // damaged places
  std::uint64_t skipped_bytes = 0;
  std::uint64_t incomplete = 0;  // exchanges without an answer that was recorded, answers without their request
  bool torn_tail = false;
  std::vector<std::string> problems;  // the first 100, for people

  [[nodiscard]] bool intact() const { return skipped_frames == 0 && incomplete == 0 && !torn_tail; }
  void note(std::string problem);
  void add(const ReadStats& other);
};

class SegmentReader {
 public:
  // Errors: the file cannot be read, is empty, or is no capture.
  [[nodiscard]] static Result<SegmentReader> open(const std::filesystem::path& path);
  ~SegmentReader();
  SegmentReader(SegmentReader&&) noexcept;
  SegmentReader& operator=(SegmentReader&&) noexcept;

  // The next intact record; false at the end. Views in `out` live until the next call. Error: the disk failed.
  [[nodiscard]] Result<bool> next(WarcRecord& out);
  // Offset in the file of the record that next() gave last.
  [[nodiscard]] std::uint64_t record_offset() const { return record_offset_; }
  // As far as next() has read.
  [[nodiscard]] const std::string& dictionary() const { return dictionary_; }
  [[nodiscard]] const std::optional<std::vector<IndexEntry>>& index() const { return index_; }
  [[nodiscard]] const ReadStats& stats() const { return stats_; }

 private:
  class Window;
  explicit SegmentReader(std::filesystem::path path);
  [[nodiscard]] FrameExtent measure();
  [[nodiscard]] bool skip_frame(const FrameExtent& extent);
  [[nodiscard]] bool parse_at(const FrameExtent& extent, WarcRecord& out);
  [[nodiscard]] bool frame_follows(const FrameExtent& extent);
  void resynchronize(const FrameExtent& damaged);
  [[nodiscard]] bool find_next_frame();
  [[nodiscard]] Result<void> check_is_capture();

  std::filesystem::path path_;
  std::unique_ptr<Window> window_;
  RecordExpander expander_;
  std::string dictionary_;
  std::optional<std::vector<IndexEntry>> index_;
  std::uint64_t record_offset_ = 0;
  std::uint64_t search_work_ = 0;  // bytes looked at while searching for frames after damage
  bool searching_ = false;
  bool ended_ = false;
  ReadStats stats_;
};

// What the first bytes of a file say it is, where they are known: "a gzip file", "a pcap file"; else empty.
[[nodiscard]] std::string foreign_kind(std::string_view first_bytes);

}  // namespace truemirror
