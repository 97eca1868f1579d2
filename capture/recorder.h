// What the capture thread does with one exchange: redact, encode, compress, rotate, and go on after a full disk.
// No queue and no lock; lives on the capture thread after open().
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "capture/segment.h"
#include "capture/writer.h"

namespace truemirror {

class CaptureWriter::Recorder {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Recorder(const CaptureOptions& options);
  [[nodiscard]] Result<void> open_segment();
  void record(CapturedExchange&& exchange, Clock::time_point now);
  // Writes what is buffered, and closes a segment that has its age.
  void flush(Clock::time_point now);
  void close();

  // Counts since the last call, `last_problem` as it stands.
  [[nodiscard]] CaptureStats take_stats();

 private:
  [[nodiscard]] bool ready(Clock::time_point now);
  void write_out(Clock::time_point now);
  void close_segment();
  void keep_sample(const std::vector<std::string>& records);
  void drop(const char* reason, std::uint64_t count);
  void failed(int error, Clock::time_point now);

  const CaptureOptions& options_;
  std::shared_ptr<CaptureFiles> files_;
  std::unique_ptr<SegmentWriter> segment_;
  std::uint64_t next_number_ = 1;
  Clock::time_point opened_{}, last_flush_{}, retry_at_{};
  const char* shed_reason_ = nullptr;  // set while the disk refuses
  std::string dictionary_;
  std::string samples_;  // records of this segment, to train the next one's dictionary
  std::vector<std::size_t> sample_sizes_;
  bool samples_full_ = false;
  bool learnt_ = false;  // a segment has ended
  CaptureStats delta_;
};

// A dictionary for records like these, or empty where they are too few to learn from.
[[nodiscard]] std::string train_dictionary(const std::string& samples, const std::vector<std::size_t>& sizes);

}  // namespace truemirror
