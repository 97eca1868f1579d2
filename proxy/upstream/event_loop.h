// What one thread runs on: Asio's io_context for posts and names, the poller for sockets, one coarse clock for all
// deadlines. Objects that use it live on its thread and die before it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "proxy/upstream/deadline.h"
#include "proxy/upstream/or_terminate.h"
#include "proxy/upstream/poller.h"

namespace truemirror {

struct EventLoop {
  // Before run(), which returns after stop() when nothing is left to do.
  void start(Poller::Stay stay = Poller::Stay::no) {
    poller.start(stay);
    poller.start_ticking();
  }
  void stop() { poller.stop(); }
  // Has `what` run on the loop's thread, soon. From any thread, start() excepted; the loop outlives the call, not the
  // handler alone. Where there is no memory for it the program ends.
  template <class What>
  void post(What what) noexcept {
    or_terminate([&] { boost::asio::post(io, std::move(what)); });
    poller.call_away();
  }
  // The same on the loop's own thread, after what is ready now.
  template <class What>
  void soon(What what) noexcept {
    poller.hurry();
    or_terminate([&] {
      boost::asio::post(io, [this, what = std::move(what)]() mutable {
        poller.hurried();
        what();
      });
    });
  }

  boost::asio::io_context io{1};
  DeadlineClock clock;
  Poller poller{io, clock};
};

}  // namespace truemirror
