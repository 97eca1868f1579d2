#include "proxy/upstream/probe.h"

#include <boost/system/system_error.hpp>

namespace truemirror {
namespace {

// As long as a server needs to send what it sends right after a handshake.
constexpr std::chrono::milliseconds kSessionPatience{100};

// TLS 1.3 servers send sessions after the handshake: who closes at once has none to resume.
Task<> wait_for_session(Connection& connection) {
  SSL* const ssl = connection.stream.tls();
  if (ssl == nullptr || SSL_version(ssl) != TLS1_3_VERSION) co_return;
  connection.deadline.arm(kSessionPatience);
  co_await connection.stream.until_readable();
  (void)connection.stream.quiet();  // reads it
}

}  // namespace

Probe::Probe(UpstreamUrl url, std::shared_ptr<const TlsClient> tls, std::chrono::milliseconds limit)
    : options_{.url = std::move(url), .connect_timeout = limit, .tls = std::move(tls)} {}

std::string Probe::look() {
  try {
    if (!means_) means_.emplace(options_);
  } catch (const boost::system::system_error& error) {
    // A loop takes descriptors: a look that finds none left must not end what goes on serving.
    return std::string("no look at ") + options_.url.text + ": " + error.code().message();
  }
  EventLoop& loop = means_->loop;
  std::string problem;
  loop.io.restart();
  loop.start();
  spawn(connect_and_close(means_->pool), [&](std::string found) {
    problem = std::move(found);
    loop.stop();
  });
  loop.io.run();
  return problem;
}

Task<std::string> Probe::connect_and_close(Pool& pool) {
  const Dialed dialed = co_await pool.acquire(Reuse::none);
  if (!dialed.connection) co_return dialed.detail;
  dialed.connection->between_messages = true;
  co_await wait_for_session(*dialed.connection);
  dialed.connection->stream.goodbye();
  co_return std::string();
}

}  // namespace truemirror
