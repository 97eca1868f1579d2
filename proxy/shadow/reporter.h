// Keeps report.db up to date: one thread, one write a second at most, and a last one when the run ends. A store that
// fails is said once and tried again; serving goes on. What the report says of arms that do not answer is logged.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "diff/report/report.h"
#include "diff/report/store.h"
#include "proxy/shadow/silence_log.h"

namespace truemirror {

class Reporter {
 public:
  // `snapshot` is called on the reporter's thread.
  Reporter(std::unique_ptr<ReportStore> store, std::function<Report()> snapshot);
  ~Reporter();
  Reporter(const Reporter&) = delete;

  void start();
  // Ends the thread and writes `last`. False where that failed: the reason has been logged.
  bool finish(const Report& last);

 private:
  void run();
  bool write(const Report& report);

  std::unique_ptr<ReportStore> store_;
  std::function<Report()> snapshot_;
  SilenceLog silence_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false, failing_ = false;
  std::thread thread_;
};

}  // namespace truemirror
