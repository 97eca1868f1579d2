// Reads captures back as exchanges, any number of files and folders merged by time of arrival.
// Promise: damage costs the exchanges it hit, never the rest, and is told in stats(); memory is bounded whatever the
// files hold. Answers come with the request they belong to. Blocking; one thread.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "capture/captured.h"
#include "capture/segment_reader.h"
#include "proxy/http/problem.h"

namespace truemirror {

class CaptureReader {
 public:
  // Of a folder: all *.warc.zst and *.warc.zst.partial in it. Errors: nothing there, unreadable, or no capture.
  [[nodiscard]] static Result<CaptureReader> open(const std::vector<std::filesystem::path>& files_or_folders);
  ~CaptureReader();
  CaptureReader(CaptureReader&&) noexcept;
  CaptureReader& operator=(CaptureReader&&) noexcept;

  // The next exchange in order of arrival; false at the end. Exchanges of one run that were written more than a minute,
  // 16,384 exchanges or 32 MiB after their time come when they are found. Error: the disk failed, or a later segment is
  // no capture.
  [[nodiscard]] Result<bool> next(CapturedExchange& out);
  // Of what was read so far; reading runs ahead of next().
  [[nodiscard]] const ReadStats& stats() const;

 private:
  class Chain;
  CaptureReader();
  std::vector<std::unique_ptr<Chain>> chains_;
  mutable ReadStats stats_;
  std::vector<std::string> open_problems_;
};

// The segments that the paths name, in name order. Errors: a path that does not exist, a folder without captures.
[[nodiscard]] Result<std::vector<std::filesystem::path>> list_segments(
    const std::vector<std::filesystem::path>& files_or_folders);

}  // namespace truemirror
