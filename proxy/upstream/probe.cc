#include "proxy/upstream/probe.h"

#include <boost/system/system_error.hpp>
#include <optional>

#include "proxy/upstream/pool.h"

namespace truemirror {

std::string probe_upstream(const UpstreamUrl& url, std::shared_ptr<const TlsClient> tls,
                           std::chrono::milliseconds limit) {
  std::optional<EventLoop> made;
  try {
    made.emplace();
  } catch (const boost::system::system_error& error) {
    // A loop is three descriptors: a look that finds none left must not end what goes on serving.
    return std::string("no look at ") + url.text + ": " + error.code().message();
  }
  EventLoop& loop = *made;
  Pool pool(loop, PoolOptions{.url = url, .connect_timeout = limit, .tls = std::move(tls)});
  std::string problem;
  loop.start();
  spawn(pool.acquire(Reuse::none), [&](const Dialed& dialed) {
    problem = dialed.detail;
    if (dialed.connection) dialed.connection->stream.goodbye();
    loop.stop();
  });
  loop.io.run();
  return problem;
}

}  // namespace truemirror
