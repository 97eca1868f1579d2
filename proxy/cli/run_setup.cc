#include "proxy/cli/run_setup.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>
#include <xxhash.h>

#include <csignal>
#include <cstdio>

#include "diff/report/render.h"

namespace truemirror {

void prepare_process() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its size limit is a full disk, and no reason to end serving
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

std::size_t open_files_limit() {
  rlimit files{};
  return getrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_cur : 1024;
}

std::string text_hash(std::string_view text) { return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size())); }

void say_totals(const Report& report) {
  const Totals& totals = report.totals;
  std::string dropped;
  std::uint64_t sum = 0;
  for (const auto& [reason, count] : totals.dropped) {
    dropped += fmt::format("{}{} {}", dropped.empty() ? "" : ", ", reason, count);
    sum += count;
  }
  spdlog::info("run {}: {} requests, {} sampled = {} compared + {} dropped{} + {} in flight; verdict {}", report.run.id,
               totals.requests, totals.sampled, totals.compared, sum, dropped.empty() ? "" : " (" + dropped + ")",
               totals.in_flight, to_string(report.verdict));
}

void print_report(const Report& report, const std::optional<std::string>& comparisons) {
  std::FILE* out = comparisons == "-" ? stderr : stdout;
  std::fputs(render_text(report, {.color = isatty(fileno(out)) != 0}).c_str(), out);
}

}  // namespace truemirror
