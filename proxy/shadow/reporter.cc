#include "proxy/shadow/reporter.h"

#include <spdlog/spdlog.h>

#include "proxy/shadow/background.h"

namespace truemirror {

Reporter::Reporter(std::unique_ptr<ReportStore> store, std::function<Report()> snapshot)
    : store_(std::move(store)), snapshot_(std::move(snapshot)) {}

Reporter::~Reporter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Reporter::start() {
  thread_ = std::thread([this] {
    enter_background("report");
    run();
  });
}

void Reporter::run() {
  std::unique_lock lock(mutex_);
  do {  // at once first, so that there is a report from the start
    lock.unlock();
    write(snapshot_());
    lock.lock();
  } while (!stop_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; }));
}

bool Reporter::write(const Report& report) {
  for (const std::string& line : silence_.look(report, std::chrono::steady_clock::now())) spdlog::warn("{}", line);
  const Result<void> written = store_->write(report);
  if (written && failing_) spdlog::info("report: written again");
  if (!written && !failing_) spdlog::error("report: {}; it is tried again every second", written.error().text);
  failing_ = !written;
  return !failing_;
}

bool Reporter::finish(const Report& last) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (thread_.joinable()) thread_.join();
  // There is no next second: what failed for a moment is tried again at once.
  return write(last) || write(last);
}

}  // namespace truemirror
