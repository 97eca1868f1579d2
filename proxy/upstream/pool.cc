#include "proxy/upstream/pool.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace truemirror {
namespace {

namespace asio = boost::asio;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kAddressesKept{30};
constexpr std::chrono::seconds kTrimEvery{1};

void close_connection(void* owner) { static_cast<Connection*>(owner)->stream.close(); }

}  // namespace

std::shared_ptr<asio::ssl::context> make_client_tls() {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  context->set_default_verify_paths();
  context->set_verify_mode(asio::ssl::verify_peer);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

Connection::Connection(Stream s, DeadlineClock& clock)
    : stream(std::move(s)), deadline(clock, close_connection, this), write_deadline(clock, close_connection, this) {}

Pool::Pool(asio::io_context& io, DeadlineClock& clock, PoolOptions options)
    : io_(io), clock_(clock), options_(std::move(options)), trimming_(clock, trim_again, this) {
  trimming_.arm(kTrimEvery);
  if (options_.url.scheme == UpstreamUrl::Scheme::https && !options_.tls) options_.tls = make_client_tls();
}

asio::awaitable<Dialed> Pool::acquire(Reuse reuse) {
  while (reuse != Reuse::none && !idle_.empty()) {
    Dialed out;
    out.connection = std::move(idle_.back());
    idle_.pop_back();
    // Bytes that came while it idled are nobody's response: they must never become the next request's.
    if (!out.connection->stream.quiet()) continue;
    out.connection->reused = true;
    co_return out;
  }
  co_return co_await dial();
}

void Pool::release(std::unique_ptr<Connection> connection) {
  connection->deadline.disarm();
  connection->write_deadline.disarm();
  if (closed_ || !connection->stream.is_open()) return;
  if (idle_.size() >= options_.max_idle) idle_.erase(idle_.begin());
  connection->idle_since = std::chrono::steady_clock::now();
  idle_.push_back(std::move(connection));
}

void Pool::close() {
  closed_ = true;
  trimming_.disarm();
  idle_.clear();
}

void Pool::trim_again(void* self) {
  Pool& pool = *static_cast<Pool*>(self);
  pool.trim();
  pool.trimming_.arm(kTrimEvery);
}

void Pool::trim() {
  if (idle_.empty()) return;
  const auto oldest_kept = std::chrono::steady_clock::now() - options_.max_idle_time;
  const auto kept =
      std::find_if(idle_.begin(), idle_.end(), [&](const auto& c) { return c->idle_since >= oldest_kept; });
  idle_.erase(idle_.begin(), kept);
}

asio::awaitable<boost::system::error_code> Pool::resolve() {
  const UpstreamUrl& url = options_.url;
  if (url.scheme == UpstreamUrl::Scheme::unix_socket) {
    if (addresses_.empty()) addresses_.emplace_back(asio::local::stream_protocol::endpoint(url.socket_path));
    co_return boost::system::error_code{};
  }
  boost::system::error_code error;
  const auto numeric = asio::ip::make_address(url.host, error);
  if (!error) {
    if (addresses_.empty()) addresses_.emplace_back(asio::ip::tcp::endpoint(numeric, url.port));
    co_return error;
  }
  const auto now = std::chrono::steady_clock::now();
  if (!addresses_.empty() && now - resolved_at_ < kAddressesKept) co_return boost::system::error_code{};
  asio::ip::tcp::resolver resolver(io_);
  const auto [failed, results] = co_await resolver.async_resolve(url.host, std::to_string(url.port), kAwait);
  // A name server that is down for a moment does not take known addresses away.
  if (failed && addresses_.empty()) co_return failed;
  if (!failed) {
    addresses_.clear();
    for (const auto& entry : results) addresses_.emplace_back(entry.endpoint());
  }
  resolved_at_ = now;
  co_return boost::system::error_code{};
}

asio::awaitable<Dialed> Pool::dial() {
  Dialed out;
  if (const auto error = co_await resolve()) {
    out.error = ArmError::refused;
    out.detail = "resolve " + options_.url.host + ": " + error.message();
    co_return out;
  }
  const std::vector<Address> addresses = addresses_;  // another request may resolve anew meanwhile
  for (const Address& address : addresses) {
    out = co_await connect_to(address);
    if (out.error == ArmError::none) co_return out;
  }
  // Look the name up again soon, but not with every request while the upstream is down.
  resolved_at_ = std::chrono::steady_clock::now() - kAddressesKept + std::chrono::seconds(1);
  co_return out;
}

asio::awaitable<Dialed> Pool::connect_to(const Address& address) {
  Dialed out;
  out.connection = std::make_unique<Connection>(Stream(Stream::Socket(io_)), clock_);
  Connection& connection = *out.connection;
  connection.deadline.arm(options_.connect_timeout);
  boost::system::error_code error;
  Stream::Socket& socket = connection.stream.socket();
  socket.open(address.protocol(), error);
  if (!error) socket.non_blocking(true, error);
  if (!error && options_.url.scheme != UpstreamUrl::Scheme::unix_socket)
    socket.set_option(asio::ip::tcp::no_delay(true), error);
  if (!error) std::tie(error) = co_await socket.async_connect(address, kAwait);
  const char* step = "connect ";
  if (!error && options_.url.scheme == UpstreamUrl::Scheme::https) {
    error = co_await connection.stream.handshake(*options_.tls, options_.url.host);
    step = "TLS handshake with ";
    if (error) out.error = ArmError::tls;
  }
  if (error) {
    const bool late = connection.deadline.expired();
    if (late) out.error = ArmError::timeout;
    if (out.error == ArmError::none) out.error = ArmError::refused;
    out.detail = step + options_.url.text + ": " + (late ? "no answer in time" : error.message());
    out.connection.reset();
    co_return out;
  }
  connection.deadline.disarm();
  co_return out;
}

}  // namespace truemirror
