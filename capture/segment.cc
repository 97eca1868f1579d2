#include "capture/segment.h"

#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace truemirror {
namespace {

constexpr std::size_t kEntryBytes = 32;
constexpr std::size_t kFooterBytes = 16;
constexpr std::uint32_t kIndexVersion = 0x31584d54;  // "TMX1"

std::string numbered(const std::string& stem, std::uint64_t number) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "-%05llu", static_cast<unsigned long long>(number));
  return stem + text.data();
}

Problem file_problem(const std::filesystem::path& path, int error) {
  return {"capture: " + path.string() + ": " + std::strerror(error)};
}

}  // namespace

std::string encode_index(const std::vector<IndexEntry>& entries) {
  std::string out;
  out.reserve(entries.size() * kEntryBytes + kFooterBytes);
  for (const IndexEntry& entry : entries) {
    append_le64(out, entry.offset);
    append_le64(out, static_cast<std::uint64_t>(entry.at.time_since_epoch().count()));
    append_le64(out, entry.target_hash);
    std::string method = entry.method;
    method.resize(8, '\0');
    out.append(method);
  }
  append_le64(out, XXH3_64bits(out.data(), out.size()));
  append_le32(out, static_cast<std::uint32_t>(entries.size()));
  append_le32(out, kIndexVersion);
  return out;
}

std::optional<std::vector<IndexEntry>> decode_index(std::string_view content) {
  if (content.size() < kFooterBytes || load_le32(content.substr(content.size() - 4)) != kIndexVersion)
    return std::nullopt;
  const std::string_view rows = content.substr(0, content.size() - kFooterBytes);
  const std::string_view footer = content.substr(rows.size());
  if (rows.size() % kEntryBytes != 0 || rows.size() / kEntryBytes != load_le32(footer.substr(8)) ||
      load_le64(footer) != XXH3_64bits(rows.data(), rows.size())) {
    return std::nullopt;
  }
  std::vector<IndexEntry> entries;
  for (std::size_t at = 0; at < rows.size(); at += kEntryBytes) {
    const std::string_view row = rows.substr(at, kEntryBytes);
    IndexEntry entry{load_le64(row), WallTime(Nanoseconds(static_cast<std::int64_t>(load_le64(row.substr(8))))),
                     load_le64(row.substr(16)), std::string(row.substr(24, 8))};
    entry.method.resize(std::strlen(entry.method.c_str()));
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::create(std::shared_ptr<CaptureFiles> files,
                                                             const std::filesystem::path& dir, const std::string& stem,
                                                             WarcInfo info, const std::string& dictionary) {
  std::unique_ptr<SegmentWriter> segment(new SegmentWriter(std::move(files), dictionary));
  segment->dir_ = dir;
  segment->stem_ = stem;
  segment->number_ = info.segment;
  int error = EEXIST;
  for (; error == EEXIST; ++segment->number_) {
    const std::string name = numbered(stem, segment->number_);
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(dir / (name + std::string(kSegmentSuffix)), ignored))) {
      continue;
    }
    segment->partial_ = dir / (name + std::string(kPartialSuffix));
    error = segment->files_->create(segment->partial_, segment->fd_);
    if (error == 0) break;
  }
  if (error != 0) return file_problem(segment->partial_, error);
  if (!dictionary.empty()) append_skippable(segment->buffer_, kDictionaryMagic, dictionary);
  info.segment = segment->number_;
  info.filename = numbered(stem, segment->number_) + std::string(kSegmentSuffix);
  if (!segment->compressor_.append(segment->buffer_, warcinfo_record(info))) return Problem{"capture: out of memory"};
  error = segment->flush();
  if (error != 0) return file_problem(segment->partial_, error);
  return segment;
}

SegmentWriter::~SegmentWriter() {
  if (fd_ >= 0) files_->close(fd_);
}

bool SegmentWriter::add(const std::vector<std::string>& records, IndexEntry entry) {
  const std::size_t before = buffer_.size();
  entry.offset = size();
  for (const std::string& record : records) {
    if (compressor_.append(buffer_, record)) continue;
    buffer_.resize(before);
    return false;
  }
  entries_.push_back(std::move(entry));
  ++buffered_;
  return true;
}

int SegmentWriter::flush() {
  if (buffer_.empty()) return 0;
  const int error = usable_ ? files_->write(fd_, buffer_, written_) : EIO;
  if (error == 0) {
    written_ += buffer_.size();
  } else {
    // Part of it may be in the file: without the cut a reader would see a torn frame before the next good one.
    if (usable_ && files_->truncate(fd_, written_) != 0) usable_ = false;
    entries_.resize(entries_.size() - buffered_);
  }
  buffer_.clear();
  buffered_ = 0;
  return error;
}

Result<void> SegmentWriter::close() {
  const int lost = flush();
  if (usable_) {
    append_skippable(buffer_, kIndexMagic, encode_index(entries_));
    // Without room for the index the segment is whole all the same: readers walk its frames.
    (void)flush();
  }
  const int unsynced = files_->sync(fd_);
  files_->close(fd_);
  fd_ = -1;
  if (unsynced != 0) return file_problem(partial_, unsynced);
  if (!usable_) return Problem{"capture: " + partial_.string() + ": left as it is after a write error"};
  const Result<void> named = take_final_name();
  if (!named) return named.error();
  if (lost != 0) return file_problem(partial_, lost);
  return {};
}

Result<void> SegmentWriter::take_final_name() {
  int error = EEXIST;
  for (std::uint64_t number = number_; error == EEXIST; ++number) {
    error = files_->rename_new(partial_, dir_ / (numbered(stem_, number) + std::string(kSegmentSuffix)));
  }
  if (error == 0) error = files_->sync_folder(dir_);
  if (error != 0) return file_problem(partial_, error);
  return {};
}

}  // namespace truemirror
