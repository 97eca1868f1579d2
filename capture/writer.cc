#include "capture/writer.h"

#include <algorithm>
#include <utility>

#include "capture/recorder.h"

namespace truemirror {
namespace {

// About what a core's cache keeps: exchanges that wait for longer have to be fetched from memory again.
constexpr std::size_t kWakeBytes = 256u << 10;

}  // namespace

Result<std::unique_ptr<CaptureWriter>> CaptureWriter::open(CaptureOptions options) {
  if (!options.redactor) return Problem{"capture: no redactor: nothing is stored that it has not seen"};
  if (options.run.empty()) return Problem{"capture: no run id: record ids and file names need one"};
  if (options.dir.empty()) return Problem{"capture: no folder; give one with --capture DIR"};
  if (options.name.empty() || options.name.find('/') != std::string::npos) {
    return Problem{"capture: name '" + options.name + "' is no file name; write letters and digits"};
  }
  std::unique_ptr<CaptureWriter> writer(new CaptureWriter(std::move(options), nullptr));
  writer->recorder_ = std::make_unique<Recorder>(writer->options_);
  if (const Result<void> opened = writer->recorder_->open_segment(); !opened) return opened.error();
  writer->stats_ = writer->recorder_->take_stats();
  writer->thread_ = std::thread([self = writer.get()] { self->run(); });
  return writer;
}

CaptureWriter::CaptureWriter(CaptureOptions options, std::unique_ptr<Recorder> recorder)
    : options_(std::move(options)), recorder_(std::move(recorder)) {}

CaptureWriter::~CaptureWriter() { close(); }

bool CaptureWriter::offer(CapturedExchange&& exchange) noexcept {
  const std::size_t bytes = exchange.footprint();
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || held_bytes_ + bytes > options_.queue_bytes) {
      ++stats_.dropped[stopping_ ? "closed" : "queue_full"];
      return false;
    }
    wake = held_bytes_ < wake_at() && held_bytes_ + bytes >= wake_at();
    held_bytes_ += bytes;
    queue_.push_back({std::move(exchange), bytes});
  }
  // The thread comes by itself each flush interval: one wake-up for many exchanges, and none for few.
  if (wake) work_.notify_one();
  return true;
}

std::size_t CaptureWriter::wake_at() const { return std::min(kWakeBytes, options_.queue_bytes / 4); }

CaptureStats CaptureWriter::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void CaptureWriter::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = ++flush_wanted_;
  work_.notify_one();
  idle_.wait(lock, [&] { return flush_done_ >= wanted || stopping_; });
}

void CaptureWriter::close() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  idle_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CaptureWriter::run() {
  if (options_.on_thread_start) options_.on_thread_start();
  const auto report = [&](std::size_t released) {
    CaptureStats delta = recorder_->take_stats();
    const std::lock_guard lock(mutex_);
    held_bytes_ -= released;
    stats_.exchanges += delta.exchanges;
    stats_.bytes += delta.bytes;
    stats_.segments += delta.segments;
    for (const auto& [reason, count] : delta.dropped) stats_.dropped[reason] += count;
    stats_.last_problem = std::move(delta.last_problem);
  };
  for (bool last = false; !last;) {
    std::deque<Waiting> batch;
    std::uint64_t flushes = 0;
    {
      std::unique_lock lock(mutex_);
      work_.wait_for(lock, options_.flush_interval,
                     [&] { return stopping_ || flush_wanted_ > flush_done_ || held_bytes_ >= wake_at(); });
      batch.swap(queue_);
      flushes = flush_wanted_;
      last = stopping_;
    }
    for (Waiting& waiting : batch) {
      const std::size_t bytes = waiting.bytes;
      recorder_->record(std::move(waiting.exchange), Recorder::Clock::now());
      waiting.exchange = CapturedExchange();
      report(bytes);
    }
    recorder_->flush(Recorder::Clock::now());
    if (last) recorder_->close();
    report(0);
    {
      const std::lock_guard lock(mutex_);
      flush_done_ = flushes;
    }
    idle_.notify_all();
  }
}

}  // namespace truemirror
