// Records exchanges to segments of WARC records (FORMAT.md) from a thread of its own.
// Promise: offer() never waits and never touches the disk; what cannot be kept is shed with a counted reason; nothing
// is written before the redactor has seen it; a killed process loses at most the last second; no file is overwritten.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "capture/captured.h"
#include "capture/files.h"
#include "proxy/http/problem.h"
#include "proxy/http/redactor.h"

namespace truemirror {

struct CaptureOptions {
  std::filesystem::path dir;     // made (0700) where it is missing
  std::string name = "capture";  // files are NAME-RUN-00001.warc.zst
  std::string run;               // id of the run; required
  std::string version;           // of the program, for the warcinfo record
  std::string config_hash;
  std::string redaction_hash;                     // redaction_policy_hash() of redact.h
  std::uint64_t segment_bytes = 256u << 20;       // compressed
  std::chrono::seconds segment_age{600};          // of a segment that holds an exchange
  std::chrono::milliseconds flush_interval{500};  // also the pause before a disk that refused is tried again
  std::size_t queue_bytes = 64u << 20;            // of exchanges that wait, and of those being written
  std::shared_ptr<const Redactor> redactor;       // required
  std::function<void()> on_thread_start;          // runs first on the capture thread
  std::shared_ptr<CaptureFiles> files;            // none: the real ones
};

struct CaptureStats {
  std::uint64_t exchanges = 0;  // written to a file
  std::uint64_t bytes = 0;      // of all files
  std::uint64_t segments = 0;   // begun
  // queue_full, disk_full, write_error, too_large, closed
  std::map<std::string, std::uint64_t> dropped;
  std::string last_problem;  // for people; empty where all is well so far
};

class CaptureWriter {
 public:
  // Opens the first segment, so that a folder that cannot be written is known at start.
  [[nodiscard]] static Result<std::unique_ptr<CaptureWriter>> open(CaptureOptions options);
  ~CaptureWriter();  // closes
  CaptureWriter(const CaptureWriter&) = delete;
  CaptureWriter& operator=(const CaptureWriter&) = delete;

  // Gives the exchange away. False: it was shed and counted. Any thread.
  bool offer(CapturedExchange&& exchange) noexcept;
  // Every exchange is in `exchanges`, in `dropped` or still in the queue. Any thread.
  [[nodiscard]] CaptureStats stats() const;
  // Returns when all that was offered before is in a file or dropped. Any thread but the capture thread.
  void flush();
  // Writes what waits, closes the segment and ends the thread. Later offers are dropped as `closed`. Idempotent; may be
  // called by one thread at a time.
  void close();

 private:
  class Recorder;  // the capture thread's own state
  struct Waiting {
    CapturedExchange exchange;
    std::size_t bytes = 0;
  };
  CaptureWriter(CaptureOptions options, std::unique_ptr<Recorder> recorder);
  void run();
  // The bytes that wait when the thread is woken before its interval is over.
  [[nodiscard]] std::size_t wake_at() const;

  const CaptureOptions options_;
  std::unique_ptr<Recorder> recorder_;

  mutable std::mutex mutex_;
  std::condition_variable work_;  // for the capture thread
  std::condition_variable idle_;  // for flush()
  std::deque<Waiting> queue_;
  std::size_t held_bytes_ = 0;  // of the queue and of the batch that is being written
  std::uint64_t flush_wanted_ = 0, flush_done_ = 0;
  bool stopping_ = false;
  CaptureStats stats_;
  std::thread thread_;
};

}  // namespace truemirror
