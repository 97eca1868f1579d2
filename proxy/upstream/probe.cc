#include "proxy/upstream/probe.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/system/system_error.hpp>

#include "proxy/upstream/tls_hello.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;

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
  if (options_.url.scheme == UpstreamUrl::Scheme::http && !known_plain_) {
    const bool is_tls = co_await speaks_tls(*dialed.connection);
    if (is_tls) co_return options_.url.text + " speaks TLS, not plain HTTP; write https://";
    known_plain_ = true;
    co_return std::string();
  }
  dialed.connection->between_messages = true;
  co_await wait_for_session(*dialed.connection);
  dialed.connection->stream.goodbye();
  co_return std::string();
}

// What does not answer soon waits for a request's end: it is no server of TLS.
Task<bool> Probe::speaks_tls(Connection& connection) {
  constexpr std::chrono::milliseconds kPatience{250};
  connection.deadline.arm(kPatience);
  std::array<asio::const_buffer, 1> hello{asio::buffer(client_hello())};
  const IoResult sent = co_await connection.stream.write(hello);
  if (sent.error) co_return false;
  co_await connection.stream.until_readable();
  std::array<char, 64> answer{};
  const IoResult got = co_await connection.stream.read_some(asio::buffer(answer));
  co_return is_tls_record({answer.data(), got.error ? 0 : got.bytes});
}

}  // namespace truemirror
