#include "proxy/upstream/probe.h"

#include "proxy/upstream/pool.h"

namespace truemirror {

std::string probe_upstream(const UpstreamUrl& url, std::chrono::milliseconds limit) {
  EventLoop loop;
  Pool pool(loop, PoolOptions{.url = url, .connect_timeout = limit, .tls = nullptr});
  std::string problem;
  loop.start();
  spawn(pool.acquire(Reuse::none), [&](const Dialed& dialed) {
    problem = dialed.detail;
    loop.stop();
  });
  loop.io.run();
  return problem;
}

}  // namespace truemirror
