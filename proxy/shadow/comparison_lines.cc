#include "proxy/shadow/comparison_lines.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "diff/report/render.h"

namespace truemirror {
namespace {

bool is_regular_file(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

ComparisonLines::ComparisonLines(int descriptor, std::string run, std::shared_ptr<const Redactor> redactor,
                                 Patience patience)
    : descriptor_(descriptor),
      regular_file_(is_regular_file(descriptor)),
      run_(std::move(run)),
      redactor_(std::move(redactor)),
      patience_(patience) {}

ComparisonLines::~ComparisonLines() {
  if (left_out_ > 0) spdlog::warn("--comparisons: {} lines were left out, because nobody took them", left_out_);
  if (descriptor_ != STDOUT_FILENO) ::close(descriptor_);
}

Result<std::unique_ptr<ComparisonLines>> ComparisonLines::open(const std::string& file, std::string run,
                                                               std::shared_ptr<const Redactor> redactor,
                                                               Patience patience) {
  int descriptor = STDOUT_FILENO;
  if (file != "-") {
    descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0) return Problem{"--comparisons " + file + ": " + std::strerror(errno)};
  }
  return std::unique_ptr<ComparisonLines>(
      new ComparisonLines(descriptor, std::move(run), std::move(redactor), patience));
}

void ComparisonLines::write(const Comparison& comparison) {
  const std::string line = render_comparison(comparison, run_, *redactor_) + "\n";
  const std::lock_guard lock(mutex_);
  if (broken_) return;
  std::string_view rest = rest_;
  if (!write_out(rest)) {
    rest_.erase(0, rest_.size() - rest.size());
    ++left_out_;
    return;
  }
  rest_.clear();
  if (left_out_ > 0) spdlog::warn("--comparisons: {} lines were left out, because nobody took them", left_out_);
  left_out_ = 0;
  rest = line;
  if (write_out(rest) || broken_) return;
  if (rest.size() == line.size()) {
    ++left_out_;
  } else {
    rest_ = rest;  // comes first when the reader is back
  }
}

// Removes what was written from `bytes`. False where not all of it was.
bool ComparisonLines::write_out(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (!takes_more()) {
      if (!std::exchange(stalled_, true))
        spdlog::warn("--comparisons: nobody takes the lines; they are left out until somebody does");
      return false;
    }
    // What poll() calls writable takes PIPE_BUF bytes at once: the write does not block.
    const std::size_t most = regular_file_ ? bytes.size() : std::min<std::size_t>(bytes.size(), PIPE_BUF);
    const ssize_t written = ::write(descriptor_, bytes.data(), most);
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) {
      broken_ = true;
      spdlog::error("--comparisons: {}; no further lines are written", std::strerror(errno));
      return false;
    }
    stalled_ = false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Waits for as long as the reader is granted; once it has stalled, not at all.
bool ComparisonLines::takes_more() const {
  if (regular_file_) return true;
  pollfd sink{descriptor_, POLLOUT, 0};
  const int wait = !patience_ ? -1 : stalled_ ? 0 : static_cast<int>(patience_->count());
  int ready = 0;
  do {
    ready = ::poll(&sink, 1, wait);
  } while (ready < 0 && errno == EINTR);
  return ready != 0;
}

}  // namespace truemirror
