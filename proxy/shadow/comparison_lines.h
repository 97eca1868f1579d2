// `--comparisons FILE|-`: one JSON line for every comparison, as it happens (design.md §5), redacted. Lines are whole
// whichever thread writes them. A sink that fails (disk full, pipe closed) is given up once, and said so once. A reader
// that takes nothing is waited for; where patience is bounded, lines are then left out and counted until it reads
// again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "diff/comparison.h"
#include "proxy/http/problem.h"
#include "proxy/http/redactor.h"

namespace truemirror {

class ComparisonLines {
 public:
  using Patience = std::optional<std::chrono::milliseconds>;

  // `file`: a path (made 0600, appended to) or `-` for standard output.
  [[nodiscard]] static Result<std::unique_ptr<ComparisonLines>> open(const std::string& file, std::string run,
                                                                     std::shared_ptr<const Redactor> redactor,
                                                                     Patience patience);
  ~ComparisonLines();
  ComparisonLines(const ComparisonLines&) = delete;

  void write(const Comparison& comparison);

 private:
  ComparisonLines(int descriptor, std::string run, std::shared_ptr<const Redactor> redactor, Patience patience);
  bool write_out(std::string_view& bytes);
  [[nodiscard]] bool takes_more() const;

  std::mutex mutex_;
  int descriptor_;
  bool regular_file_;  // always takes more
  std::string run_;
  std::shared_ptr<const Redactor> redactor_;
  Patience patience_;
  std::string rest_;            // of a line that was under way when the reader stopped
  std::uint64_t left_out_ = 0;  // lines, since it stopped
  bool stalled_ = false, broken_ = false;
};

}  // namespace truemirror
