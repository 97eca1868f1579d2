#include "proxy/upstream/probe.h"

#include <boost/asio/co_spawn.hpp>

#include "proxy/upstream/pool.h"

namespace truemirror {

std::string probe_upstream(const UpstreamUrl& url, std::chrono::milliseconds limit) {
  boost::asio::io_context io(1);
  DeadlineClock clock(io);
  Pool pool(io, clock, PoolOptions{.url = url, .connect_timeout = limit, .tls = nullptr});
  std::string problem = "no answer in time";
  clock.start();
  boost::asio::co_spawn(io, pool.acquire(Reuse::none), [&](const std::exception_ptr& failure, const Dialed& dialed) {
    if (failure) std::rethrow_exception(failure);
    problem = dialed.detail;
    clock.stop();
  });
  io.run_for(limit + std::chrono::seconds(1));
  return problem;
}

}  // namespace truemirror
