#include "proxy/shadow/comparison_lines.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "diff/report/render.h"

namespace truemirror {

void ComparisonLines::Close::operator()(std::FILE* file) const {
  if (file != stdout) std::fclose(file);
}

ComparisonLines::ComparisonLines(std::unique_ptr<std::FILE, Close> file, std::string run,
                                 std::shared_ptr<const Redactor> redactor)
    : file_(std::move(file)), run_(std::move(run)), redactor_(std::move(redactor)) {}

Result<std::unique_ptr<ComparisonLines>> ComparisonLines::open(const std::string& file, std::string run,
                                                               std::shared_ptr<const Redactor> redactor) {
  std::FILE* out = stdout;
  if (file != "-") {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0) return Problem{"--comparisons " + file + ": " + std::strerror(errno)};
    out = ::fdopen(descriptor, "a");
  }
  return std::unique_ptr<ComparisonLines>(
      new ComparisonLines(std::unique_ptr<std::FILE, Close>(out), std::move(run), std::move(redactor)));
}

void ComparisonLines::write(const Comparison& comparison) {
  const std::string line = render_comparison(comparison, run_, *redactor_) + "\n";
  const std::lock_guard lock(mutex_);
  if (broken_) return;
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size() && std::fflush(file_.get()) == 0) return;
  broken_ = true;
  spdlog::error("--comparisons: {}; no further lines are written", std::strerror(errno));
}

}  // namespace truemirror
