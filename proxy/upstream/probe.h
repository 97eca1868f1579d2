// Whether an upstream takes connections, asked now and then by a thread that may wait: readiness, start-up messages.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "proxy/upstream/pool.h"

namespace truemirror {

class Probe {
 public:
  // `limit` is for one look. `tls`: as in PoolOptions.
  Probe(UpstreamUrl url, std::shared_ptr<const TlsClient> tls, std::chrono::milliseconds limit);

  // Connects (and shakes hands, for https) and closes again. Empty where that worked, else why not. Until a first
  // connection has shown it, a plain upstream is also asked whether it is one (tls_hello.h). Blocks for the
  // limit, a third of a second for what follows a connection, and as long as the system's resolver takes. Sessions are
  // resumed: the handshake is as true, and costs the upstream no signature.
  [[nodiscard]] std::string look();

 private:
  struct Means {
    explicit Means(PoolOptions options) : pool(loop, std::move(options)) {}
    EventLoop loop;
    Pool pool;
  };

  Task<std::string> connect_and_close(Pool& pool);
  Task<bool> speaks_tls(Connection& connection);

  PoolOptions options_;
  bool known_plain_ = false;
  std::optional<Means> means_;  // from the first look for which there were descriptors
};

}  // namespace truemirror
