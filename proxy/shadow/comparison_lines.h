// `--comparisons FILE|-`: one JSON line for every comparison, as it happens (design.md §5), redacted. Lines are whole
// whichever thread writes them. A sink that cannot take them (disk full, pipe closed) is given up once, and said so
// once.
#pragma once

#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

#include "diff/comparison.h"
#include "proxy/http/problem.h"
#include "proxy/http/redactor.h"

namespace truemirror {

class ComparisonLines {
 public:
  // `file`: a path (made 0600, appended to) or `-` for standard output.
  [[nodiscard]] static Result<std::unique_ptr<ComparisonLines>> open(const std::string& file, std::string run,
                                                                     std::shared_ptr<const Redactor> redactor);
  void write(const Comparison& comparison);

 private:
  struct Close {
    void operator()(std::FILE* file) const;
  };
  ComparisonLines(std::unique_ptr<std::FILE, Close> file, std::string run, std::shared_ptr<const Redactor> redactor);

  std::mutex mutex_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string run_;
  std::shared_ptr<const Redactor> redactor_;
  bool broken_ = false;
};

}  // namespace truemirror
