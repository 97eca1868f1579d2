// SIGINT, SIGTERM or SIGHUP ends a job on recorded traffic early; what was done by then is still reported. For commands
// that have called prepare_process(), which keeps these signals from every thread.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace truemirror {

class StopOnSignal {
 public:
  // `said` goes to the log when the first signal comes.
  explicit StopOnSignal(std::string said);
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;

  [[nodiscard]] const std::atomic<bool>& asked() const { return asked_; }

 private:
  void wait();

  std::string said_;
  std::atomic<bool> over_{false}, asked_{false};
  std::thread thread_;
};

}  // namespace truemirror
