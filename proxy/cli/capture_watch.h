// Says in words what becomes of a capture while a run goes on: when exchanges begin to be left out and why, when they
// are written again, and what there is in the end. Values in, sentences out; the caller logs them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "capture/writer.h"

namespace truemirror {

class CaptureWatch {
 public:
  // Asked about once a second. Empty where there is nothing new to say.
  [[nodiscard]] std::string look(const CaptureStats& now);
  // While exchanges were left out at the last look.
  [[nodiscard]] bool sheds() const { return sheds_; }

 private:
  std::uint64_t left_out_ = 0, written_ = 0;
  bool sheds_ = false;
};

// "capture ./capture: 1200 exchanges in 2 segments, 340 left out (disk_full 340)".
[[nodiscard]] std::string capture_totals(const std::filesystem::path& dir, const CaptureStats& stats);

}  // namespace truemirror
