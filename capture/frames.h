// The container's grains: zstd frames (RFC 8878), one a record, and skippable frames for the dictionary and the index.
// Sans-I/O. Hostile frames: a frame is measured by walking its block headers, and the memory for its content is bounded
// by what those blocks can hold, whatever its content size says; no window is ever allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace truemirror {

inline constexpr std::uint32_t kRecordMagic = 0xFD2FB528;      // RFC 8878 §3.1.1
inline constexpr std::uint32_t kDictionaryMagic = 0x184D2A5D;  // IIPC, Zstandard Compression for WARC Files 1.0
inline constexpr std::uint32_t kIndexMagic = 0x184D2A5C;       // ours: a skippable frame that others skip
inline constexpr std::size_t kMaxRecordBytes = 64u
                                               << 20;  // before compression; what is larger is neither written nor read
inline constexpr std::size_t kMaxFrameBytes = kMaxRecordBytes + (1u << 20);

struct FrameExtent {
  enum class State : std::uint8_t { complete, needs_more, broken };
  State state = State::broken;
  std::uint32_t magic = 0;        // kRecordMagic, or that of a skippable frame
  std::size_t size = 0;           // of the whole frame; where it needs more, how much is needed at least
  std::size_t content_bound = 0;  // no content is longer than this
  bool skippable() const { return magic != kRecordMagic; }
};

// Measures the frame that starts at the first byte.
[[nodiscard]] FrameExtent measure_frame(std::string_view bytes);
// True where a frame may start: the magic of a record or of any skippable frame.
[[nodiscard]] bool starts_frame(std::string_view bytes);
// Size of a skippable frame's header.
inline constexpr std::size_t kSkippableHeader = 8;
void append_skippable(std::string& out, std::uint32_t magic, std::string_view content);

void append_le32(std::string& out, std::uint32_t value);
void append_le64(std::string& out, std::uint64_t value);
[[nodiscard]] std::uint32_t load_le32(std::string_view bytes);
[[nodiscard]] std::uint64_t load_le64(std::string_view bytes);

// One frame a record, with content size and checksum. Empty dictionary: none.
class RecordCompressor {
 public:
  explicit RecordCompressor(std::string_view dictionary);
  ~RecordCompressor();
  RecordCompressor(const RecordCompressor&) = delete;
  RecordCompressor& operator=(const RecordCompressor&) = delete;
  // False: zstd refused (out of memory); `out` is as before.
  [[nodiscard]] bool append(std::string& out, std::string_view record);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

class RecordExpander {
 public:
  RecordExpander();
  ~RecordExpander();
  RecordExpander(RecordExpander&&) noexcept;
  RecordExpander& operator=(RecordExpander&&) noexcept;
  // False: no dictionary; frames that need one will not expand.
  bool use_dictionary(std::string_view dictionary);
  // The content of a complete record frame, or none: damaged, larger than allowed, or its size is a lie. The view lives
  // until the next call.
  [[nodiscard]] std::optional<std::string_view> expand(std::string_view frame, const FrameExtent& extent);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
  std::string content_;
};

// The dictionary that a dictionary frame's content holds: itself, or what it holds compressed.
[[nodiscard]] std::optional<std::string> dictionary_of(std::string_view content);

}  // namespace truemirror
