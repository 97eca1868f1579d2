#include "capture/recorder.h"

#include <xxhash.h>
#include <zdict.h>

#include <cerrno>
#include <cstring>

#include "capture/safe.h"

namespace truemirror {
namespace {

// 64 KiB of dictionary learnt from 2 MiB of records takes about 0.2 s at a rotation, while the queue holds what comes.
constexpr std::size_t kDictionaryBytes = 64u << 10;
constexpr std::size_t kSampleBytes = 2u << 20;
constexpr std::size_t kSampleRecord = 8u << 10;  // longer records teach by their beginning
constexpr std::size_t kWriteBytes = 1u << 20;    // buffered at most before a write

}  // namespace

std::string train_dictionary(const std::string& samples, const std::vector<std::size_t>& sizes) {
  // ZDICT wants many samples and about a hundred times the dictionary's size of them; with less it learns noise.
  if (sizes.size() < 100 || samples.size() < (64u << 10)) return {};
  std::string dictionary(std::min(kDictionaryBytes, samples.size() / 8), '\0');
  const std::size_t size = ZDICT_trainFromBuffer(dictionary.data(), dictionary.size(), samples.data(), sizes.data(),
                                                 static_cast<unsigned>(sizes.size()));
  if (ZDICT_isError(size) != 0) return {};
  dictionary.resize(size);
  return dictionary;
}

CaptureWriter::Recorder::Recorder(const CaptureOptions& options)
    : options_(options), files_(options.files ? options.files : posix_capture_files()) {}

Result<void> CaptureWriter::Recorder::open_segment() {
  const int folder = files_->make_folder(options_.dir);
  if (folder != 0) return Problem{"capture: folder " + options_.dir.string() + ": " + std::strerror(folder)};
  const auto now = Clock::now();
  WarcInfo info{{},
                options_.run,
                options_.version,
                options_.config_hash,
                options_.redaction_hash,
                next_number_,
                std::chrono::system_clock::now(),
                now.time_since_epoch()};
  auto made = SegmentWriter::create(files_, options_.dir, options_.name + "-" + clean_run_id(options_.run),
                                    std::move(info), dictionary_);
  if (!made) return made.error();
  segment_ = std::move(*made);
  next_number_ = segment_->number() + 1;
  opened_ = last_flush_ = now;
  delta_.bytes += segment_->size();
  ++delta_.segments;
  return {};
}

bool CaptureWriter::Recorder::ready(Clock::time_point now) {
  if (shed_reason_ != nullptr && now < retry_at_) return false;
  if (segment_ && !segment_->usable()) close_segment();
  if (segment_) return true;
  const Result<void> opened = open_segment();
  if (opened) return true;
  delta_.last_problem = opened.error().text;
  shed_reason_ = "write_error";
  retry_at_ = now + options_.flush_interval;
  return false;
}

void CaptureWriter::Recorder::record(CapturedExchange&& exchange, Clock::time_point now) {
  if (!ready(now)) return drop(shed_reason_, 1);
  if (exchange.run.empty()) exchange.run = options_.run;
  const ExchangeNotes notes = make_safe(exchange, *options_.redactor);
  const std::vector<std::string> records = exchange_records(exchange, notes);
  for (const std::string& record : records) {
    if (record.size() > kMaxRecordBytes) return drop("too_large", 1);
  }
  const std::string& target = exchange.request.target;
  IndexEntry entry{0, exchange.at, XXH3_64bits(target.data(), target.size()), exchange.request.method.substr(0, 8)};
  if (!segment_->add(records, std::move(entry))) return drop("write_error", 1);
  keep_sample(records);
  // While the disk refuses, each exchange is an attempt; else writes are few and large.
  if (shed_reason_ != nullptr || segment_->buffered_bytes() >= kWriteBytes ||
      now - last_flush_ >= options_.flush_interval) {
    write_out(now);
  }
  // The first segment has no dictionary: it ends as soon as it has taught one to those that follow.
  const bool taught = !learnt_ && samples_full_;
  if (segment_ && (taught || segment_->size() >= options_.segment_bytes)) close_segment();
}

void CaptureWriter::Recorder::flush(Clock::time_point now) {
  if (!segment_) return;
  write_out(now);
  if (segment_->written_exchanges() > 0 && now - opened_ >= options_.segment_age) close_segment();
}

void CaptureWriter::Recorder::write_out(Clock::time_point now) {
  last_flush_ = now;
  const std::uint64_t exchanges = segment_->buffered_exchanges();
  const std::uint64_t bytes = segment_->buffered_bytes();
  const int error = segment_->flush();
  if (error != 0) {
    failed(error, now);
    return drop(shed_reason_, exchanges);
  }
  if (bytes > 0) shed_reason_ = nullptr;
  delta_.exchanges += exchanges;
  delta_.bytes += bytes;
}

void CaptureWriter::Recorder::failed(int error, Clock::time_point now) {
  shed_reason_ = error == ENOSPC || error == EDQUOT || error == EFBIG ? "disk_full" : "write_error";
  delta_.last_problem = "capture: " + segment_->path().string() + ": " + std::strerror(error);
  retry_at_ = now + options_.flush_interval;
}

void CaptureWriter::Recorder::close_segment() {
  write_out(Clock::now());
  const std::uint64_t before = segment_->size();
  const Result<void> closed = segment_->close();
  if (closed) {
    delta_.bytes += segment_->size() - before;
  } else {
    delta_.last_problem = closed.error().text;
  }
  segment_.reset();
  learnt_ = true;
  if (std::string learnt = train_dictionary(samples_, sample_sizes_); !learnt.empty()) dictionary_ = std::move(learnt);
  samples_.clear();
  sample_sizes_.clear();
  samples_full_ = false;
}

void CaptureWriter::Recorder::close() {
  if (!segment_) return;
  samples_.clear();  // no segment follows that would want a dictionary
  sample_sizes_.clear();
  close_segment();
}

void CaptureWriter::Recorder::keep_sample(const std::vector<std::string>& records) {
  for (const std::string& record : records) {
    const std::string_view sample = std::string_view(record).substr(0, kSampleRecord);
    samples_full_ = samples_.size() + sample.size() > kSampleBytes;
    if (samples_full_) return;
    samples_.append(sample);
    sample_sizes_.push_back(sample.size());
  }
}

void CaptureWriter::Recorder::drop(const char* reason, std::uint64_t count) {
  if (count > 0) delta_.dropped[reason] += count;
}

CaptureStats CaptureWriter::Recorder::take_stats() {
  CaptureStats taken = delta_;
  delta_ = CaptureStats();
  delta_.last_problem = taken.last_problem;
  return taken;
}

}  // namespace truemirror
