// A job on recorded traffic is ended by a signal, and the process is not.
#include "proxy/cli/stop_on_signal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

#include "proxy/cli/run_setup.h"

namespace truemirror {
namespace {

bool is_asked_after(int signal) {
  const StopOnSignal stop("stopping");
  EXPECT_FALSE(stop.asked());
  ::kill(::getpid(), signal);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!stop.asked() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  return stop.asked();
}

TEST(StopOnSignal, EndsTheJobAndNotTheProcess) {
  prepare_process();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) EXPECT_TRUE(is_asked_after(signal)) << signal;
}

}  // namespace
}  // namespace truemirror
