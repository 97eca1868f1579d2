#include "capture/segment_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace truemirror {
namespace {

constexpr std::size_t kReadBytes = 256u << 10;
constexpr std::size_t kMaxDictionary = 16u << 20;
constexpr std::size_t kMaxIndex = 64u << 20;
// Searching may look at each byte this often: a file made of frame beginnings must not cost its square.
constexpr std::uint64_t kSearchFactor = 16;
constexpr std::uint64_t kSearchGrace = 16u << 20;

bool is_magic_prefix(std::string_view bytes) {
  std::string magics;
  append_le32(magics, kRecordMagic);
  append_le32(magics, kDictionaryMagic);
  const std::string_view all = magics;
  return all.substr(0, 4).starts_with(bytes) || all.substr(4).starts_with(bytes);
}

}  // namespace

void ReadStats::note(std::string problem) {
  if (problems.size() < 100) problems.push_back(std::move(problem));
}

void ReadStats::add(const ReadStats& other) {
  exchanges += other.exchanges;
  records += other.records;
  bytes += other.bytes;
  skipped_frames += other.skipped_frames;
  skipped_bytes += other.skipped_bytes;
  incomplete += other.incomplete;
  torn_tail = torn_tail || other.torn_tail;
  for (const std::string& problem : other.problems) note(problem);
}

std::string foreign_kind(std::string_view first_bytes) {
  struct Kind {
    std::string_view magic, name;
  };
  constexpr Kind kKinds[] = {{"\x1f\x8b", "a gzip file (a .warc.gz or .gor.gz?)"},
                             {"WARC/", "a WARC file that is not compressed"},
                             {"\xd4\xc3\xb2\xa1", "a pcap file"},
                             {"\xa1\xb2\xc3\xd4", "a pcap file"},
                             {"\x4d\x3c\xb2\xa1", "a pcap file"},
                             {"\x0a\x0d\x0d\x0a", "a pcapng file"},
                             {"SQLite format 3", "an SQLite file (a report?)"},
                             {"PK\x03\x04", "a zip file"},
                             {"\x28\xb5\x2f\xfd", "a zstd file, but not of records that truemirror wrote"},
                             {"{", "a JSON file (a HAR?)"},
                             {"\x7f"
                              "ELF",
                              "a program"},
                             {"1 ", "a text file (a GoReplay .gor?)"}};
  for (const Kind& kind : kKinds) {
    if (first_bytes.starts_with(kind.magic)) return std::string(kind.name);
  }
  return {};
}

// The part of the file that is being looked at, from the current position on.
class SegmentReader::Window {
 public:
  Window(int fd, std::uint64_t file_size) : fd_(fd), file_size_(file_size) {}
  ~Window() { ::close(fd_); }
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Makes `size` bytes available where the file has them; returns what is there.
  std::string_view ensure(std::size_t size) {
    while (view().size() < size && !at_end_) read_more(size - view().size());
    return view();
  }
  [[nodiscard]] std::string_view view() const { return std::string_view(buffer_).substr(from_); }
  void skip(std::uint64_t size) {
    position_ += size;
    if (size <= view().size()) {
      from_ += static_cast<std::size_t>(size);
      return;
    }
    buffer_.clear();
    from_ = 0;
    at_end_ = position_ >= file_size_;
  }
  void rewind() {
    position_ = 0;
    buffer_.clear();
    from_ = 0;
    at_end_ = false;
  }
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] std::uint64_t left() const { return file_size_ - std::min(file_size_, position_); }
  [[nodiscard]] std::uint64_t file_size() const { return file_size_; }
  [[nodiscard]] int error() const { return error_; }

 private:
  void read_more(std::size_t wanted) {
    buffer_.erase(0, from_);
    from_ = 0;
    // In proportion to what is held, so that moving it costs a constant per byte.
    const std::size_t before = buffer_.size();
    const std::uint64_t unread = left() - std::min<std::uint64_t>(left(), before);
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(std::max({wanted, kReadBytes, before / 4}), unread));
    buffer_.resize(before + size);
    ssize_t done = 0;
    do {
      done = ::pread(fd_, buffer_.data() + before, size, static_cast<off_t>(position_ + before));
    } while (done < 0 && errno == EINTR && size > 0);
    if (done < 0) error_ = errno;
    at_end_ = done <= 0 || static_cast<std::uint64_t>(done) == unread;
    buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(done, 0)));
  }

  int fd_;
  std::uint64_t file_size_;
  std::uint64_t position_ = 0;
  std::string buffer_;
  std::size_t from_ = 0;
  bool at_end_ = false;
  int error_ = 0;
};

SegmentReader::SegmentReader(std::filesystem::path path) : path_(std::move(path)) {}
SegmentReader::~SegmentReader() = default;
SegmentReader::SegmentReader(SegmentReader&&) noexcept = default;
SegmentReader& SegmentReader::operator=(SegmentReader&&) noexcept = default;

Result<SegmentReader> SegmentReader::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return Problem{path.string() + ": " + std::strerror(errno)};
  struct stat about{};
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
    ::close(fd);
    return Problem{path.string() + ": not a file; give .warc.zst files or folders of them"};
  }
  SegmentReader reader(path);
  reader.window_ = std::make_unique<Window>(fd, static_cast<std::uint64_t>(about.st_size));
  if (const Result<void> checked = reader.check_is_capture(); !checked) return checked.error();
  return reader;
}

// Looks as far as the first intact record, and goes back to the start.
Result<void> SegmentReader::check_is_capture() {
  const std::string first(window_->ensure(16).substr(0, 16));
  if (window_->error() != 0) return Problem{path_.string() + ": " + std::strerror(window_->error())};
  if (first.empty()) return Problem{path_.string() + ": is empty, not a capture"};
  std::string kind = foreign_kind(first);
  const bool known_stranger = !kind.empty() && !starts_frame(first);
  const Problem refusal{path_.string() + ": not a capture but " + (kind.empty() ? "something unknown" : kind) +
                        "; captures are .warc.zst files written by truemirror"};
  if (known_stranger) return refusal;
  WarcRecord record;
  const Result<bool> found = next(record);
  if (!found) return found.error();
  const bool ours = *found && (record.fields.has("Truemirror-Role") ||
                               (record.field("WARC-Type") == "warcinfo" &&
                                record.block.find("software: truemirror/") != std::string_view::npos));
  const bool torn_start = !*found && stats_.torn_tail && (starts_frame(first) || is_magic_prefix(first));
  if (!ours && !torn_start) return refusal;
  window_->rewind();
  ended_ = false;
  search_work_ = 0;
  dictionary_.clear();
  (void)expander_.use_dictionary({});
  stats_ = ReadStats();
  return {};
}

Result<bool> SegmentReader::next(WarcRecord& out) {
  while (!ended_) {
    if (window_->ensure(4).empty()) break;
    const FrameExtent extent = measure();
    if (window_->error() != 0) return Problem{path_.string() + ": " + std::strerror(window_->error())};
    if (extent.state == FrameExtent::State::complete && extent.skippable() && skip_frame(extent)) continue;
    if (extent.state == FrameExtent::State::complete && !extent.skippable() && parse_at(extent, out)) {
      record_offset_ = window_->position();
      window_->skip(extent.size);
      ++stats_.records;
      stats_.bytes = window_->position();
      return true;
    }
    resynchronize(extent);
    stats_.bytes = window_->position();
  }
  stats_.bytes = window_->position();
  return false;
}

// Reads as much as the frame needs; a skippable frame counts as complete when the file is long enough.
FrameExtent SegmentReader::measure() {
  for (std::size_t have = 32;;) {
    const std::string_view bytes = window_->ensure(have);
    FrameExtent extent = measure_frame(bytes);
    if (extent.state != FrameExtent::State::needs_more) return extent;
    if (extent.magic != kRecordMagic && extent.magic != 0 && extent.size > kSkippableHeader) {
      if (extent.size <= window_->left()) extent.state = FrameExtent::State::complete;
      return extent;
    }
    if (bytes.size() < have) return extent;  // the file ends
    have = std::max(extent.size, have * 2);
  }
}

bool SegmentReader::skip_frame(const FrameExtent& extent) {
  if (extent.size > window_->left()) return false;
  const std::size_t content_size = extent.size - kSkippableHeader;
  if (extent.magic == kDictionaryMagic && content_size <= kMaxDictionary) {
    const auto found = dictionary_of(window_->ensure(extent.size).substr(kSkippableHeader, content_size));
    dictionary_ = found.value_or("");
    if (!expander_.use_dictionary(dictionary_)) stats_.note(path_.string() + ": its dictionary is damaged");
  } else if (extent.magic == kIndexMagic && content_size <= kMaxIndex) {
    index_ = decode_index(window_->ensure(extent.size).substr(kSkippableHeader, content_size));
    if (!index_) stats_.note(path_.string() + ": its index is damaged; the records do not need it");
  }
  window_->skip(extent.size);
  return true;
}

bool SegmentReader::parse_at(const FrameExtent& extent, WarcRecord& out) {
  const auto content = expander_.expand(window_->ensure(extent.size).substr(0, extent.size), extent);
  if (!content) return false;
  if (searching_) search_work_ += content->size();
  auto record = parse_warc_record(*content);
  if (!record) return false;
  out = std::move(*record);
  return true;
}

bool SegmentReader::frame_follows(const FrameExtent& extent) {
  if (extent.state != FrameExtent::State::complete) return false;
  if (extent.size == window_->left()) return true;
  if (extent.size > kMaxFrameBytes) return false;
  return starts_frame(window_->ensure(extent.size + 4).substr(extent.size));
}

// Goes to where the next intact frame starts. Where the damaged frame's own end can be trusted it is the one right
// after it; else the first place that holds a whole record, or a skippable frame with a frame or the end behind it.
void SegmentReader::resynchronize(const FrameExtent& damaged) {
  const std::uint64_t from = window_->position();
  if (frame_follows(damaged)) {
    window_->skip(damaged.size);
  } else {
    searching_ = true;
    ended_ = !find_next_frame();
    searching_ = false;
  }
  const std::uint64_t until = ended_ ? window_->file_size() : window_->position();
  if (ended_ && damaged.state == FrameExtent::State::needs_more) {
    stats_.torn_tail = true;
    stats_.note(path_.string() + ": ends in the middle of a record: " + std::to_string(until - from) + " bytes");
    return;
  }
  ++stats_.skipped_frames;
  stats_.skipped_bytes += until - from;
  stats_.note(path_.string() + ": damaged from byte " + std::to_string(from) + " to " + std::to_string(until));
}

// From the byte behind the current one on. False: the file holds none, or searching has cost too much.
bool SegmentReader::find_next_frame() {
  constexpr std::string_view kFirstBytes = "\x28\x50\x51\x52\x53\x54\x55\x56\x57\x58\x59\x5a\x5b\x5c\x5d\x5e\x5f";
  for (;;) {
    window_->skip(1);
    const std::string_view bytes = window_->ensure(4);
    if (bytes.size() < 4) return false;
    const std::size_t candidate = bytes.find_first_of(kFirstBytes);
    if (candidate != 0) {
      window_->skip((candidate == bytes.npos ? bytes.size() : candidate) - 1);
      continue;
    }
    if (!starts_frame(bytes)) continue;
    const FrameExtent extent = measure();
    search_work_ += extent.size;
    WarcRecord record;
    if (extent.state == FrameExtent::State::complete &&
        (extent.skippable() ? frame_follows(extent) : parse_at(extent, record))) {
      return true;
    }
    if (search_work_ > kSearchFactor * window_->file_size() + kSearchGrace) {
      stats_.note(path_.string() + ": too damaged to go on from byte " + std::to_string(window_->position()));
      return false;
    }
  }
}

}  // namespace truemirror
