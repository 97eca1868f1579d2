#include "proxy/cli/capture_watch.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

namespace truemirror {
namespace {

std::uint64_t left_out_of(const CaptureStats& stats) {
  std::uint64_t sum = 0;
  for (const auto& [reason, count] : stats.dropped) sum += count;
  return sum;
}

std::string reasons_of(const CaptureStats& stats) {
  std::string out;
  for (const auto& [reason, count] : stats.dropped)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", reason, count);
  return out;
}

}  // namespace

std::string CaptureWatch::look(const CaptureStats& now) {
  const std::uint64_t before = std::exchange(left_out_, left_out_of(now));
  const bool written = std::exchange(written_, now.exchanges) < now.exchanges;
  const bool shed = std::exchange(sheds_, left_out_ > before || (sheds_ && !written));
  if (sheds_ == shed) return {};
  if (!sheds_) return fmt::format("capture: exchanges are written again; left out so far: {}", reasons_of(now));
  return fmt::format("capture: exchanges are left out: {}{}", reasons_of(now),
                     now.last_problem.empty() ? "" : " (" + now.last_problem + ")");
}

std::string capture_totals(const std::filesystem::path& dir, const CaptureStats& stats) {
  const std::uint64_t left_out = left_out_of(stats);
  std::string text = fmt::format("capture {}: {} exchanges in {} segment{}", dir.string(), stats.exchanges,
                                 stats.segments, stats.segments == 1 ? "" : "s");
  if (left_out > 0) text += fmt::format(", {} left out ({})", left_out, reasons_of(stats));
  return text;
}

}  // namespace truemirror
