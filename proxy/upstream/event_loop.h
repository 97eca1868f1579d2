// What one thread runs on: Asio's io_context for timers, posts and names, the poller for sockets, one coarse clock for
// all deadlines. Objects that use it live on its thread and die before it.
#pragma once

#include <boost/asio/io_context.hpp>

#include "proxy/upstream/deadline.h"
#include "proxy/upstream/poller.h"

namespace truemirror {

struct EventLoop {
  // Before run(), which returns after stop() when nothing is left to do.
  void start() {
    poller.start();
    clock.start();
  }
  void stop() {
    poller.stop();
    clock.stop();
  }

  boost::asio::io_context io{1};
  Poller poller{io};
  DeadlineClock clock{io};
};

}  // namespace truemirror
