#include "proxy/cli/stop_on_signal.h"

#include <spdlog/spdlog.h>

#include <csignal>
#include <ctime>
#include <utility>

namespace truemirror {

StopOnSignal::StopOnSignal(std::string said) : said_(std::move(said)), thread_([this] { wait(); }) {}

StopOnSignal::~StopOnSignal() {
  over_ = true;
  thread_.join();
}

void StopOnSignal::wait() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  const timespec tick{0, 100'000'000};
  while (!over_) {
    if (sigtimedwait(&signals, nullptr, &tick) <= 0 || asked_.exchange(true)) continue;
    spdlog::info("{}", said_);
  }
}

}  // namespace truemirror
