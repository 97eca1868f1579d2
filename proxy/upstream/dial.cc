#include "proxy/upstream/dial.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <utility>

namespace truemirror {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
constexpr std::chrono::seconds kAddressesKept{30};

// A name's look-up with a deadline. The system's resolver cannot be interrupted: one that hangs goes on behind the back
// of whoever gave up waiting, on Asio's resolver thread, and its late result is nobody's.
class Lookup {
 public:
  using Results = asio::ip::tcp::resolver::results_type;

  Lookup(EventLoop& loop, const UpstreamUrl& url, std::chrono::nanoseconds limit)
      : state_(std::make_shared<State>(loop.io)), late_(loop.clock, give_up, state_.get()), hurry_(loop.poller) {
    late_.arm(limit);
    // The first look-up starts a thread, for which there may be none.
    try {
      state_->resolver.async_resolve(url.host, std::to_string(url.port),
                                     [state = state_](const error_code& error, Results results) {
                                       state->results = std::move(results);
                                       settle(*state, error);
                                     });
    } catch (const boost::system::system_error& error) {
      settle(*state_, error.code());
    }
  }

  [[nodiscard]] bool await_ready() const { return state_->settled; }
  void await_suspend(std::coroutine_handle<> waiter) { state_->waiter = waiter; }
  [[nodiscard]] error_code await_resume() const { return state_->error; }
  [[nodiscard]] const Results& results() const { return state_->results; }

 private:
  struct State {
    explicit State(asio::io_context& io) : resolver(io) {}
    asio::ip::tcp::resolver resolver;
    Results results;
    error_code error;
    bool settled = false;
    std::coroutine_handle<> waiter;
  };

  static void settle(State& state, const error_code& error) {
    if (std::exchange(state.settled, true)) return;
    state.error = error;
    if (state.waiter) state.waiter.resume();
  }
  static void give_up(void* state) { settle(*static_cast<State*>(state), asio::error::timed_out); }

  std::shared_ptr<State> state_;
  DeadlineClock::Watch late_;
  Poller::Hurry hurry_;
};

}  // namespace

Dialer::Dialer(EventLoop& loop, UpstreamUrl url, std::chrono::milliseconds limit, std::shared_ptr<const TlsClient> tls)
    : loop_(loop), url_(std::move(url)), limit_(limit), tls_(std::move(tls)) {
  if (url_.scheme != UpstreamUrl::Scheme::https || tls_) return;
  auto usual = TlsClient::load({});
  if (usual) tls_ = *std::move(usual);  // without it every connection fails, and says so
}

std::chrono::nanoseconds Dialer::left(Time until) const {
  const Time now = loop_.clock.now();
  return std::min(now + limit_, until) - now;
}

Task<error_code> Dialer::resolve(std::chrono::nanoseconds limit) {
  if (url_.scheme == UpstreamUrl::Scheme::unix_socket) {
    if (addresses_.empty()) addresses_.emplace_back(asio::local::stream_protocol::endpoint(url_.socket_path));
    co_return error_code();
  }
  error_code not_numeric;
  const auto numeric = asio::ip::make_address(url_.host, not_numeric);
  if (!not_numeric) {
    if (addresses_.empty()) addresses_.emplace_back(asio::ip::tcp::endpoint(numeric, url_.port));
    co_return error_code();
  }
  const auto now = std::chrono::steady_clock::now();
  if (!addresses_.empty() && now - resolved_at_ < kAddressesKept) co_return error_code();
  Lookup lookup(loop_, url_, limit);
  const error_code failed = co_await lookup;
  // A name server that is down for a moment does not take known addresses away.
  if (failed && addresses_.empty()) co_return failed;
  if (!failed) {
    addresses_.clear();
    for (const auto& entry : lookup.results()) addresses_.emplace_back(entry.endpoint());
  }
  resolved_at_ = now;
  co_return error_code();
}

// An address that does not answer leaves the others their part of the time.
Task<Dialed> Dialer::dial(Time until) {
  Dialed out;
  const std::chrono::nanoseconds limit = left(until);
  const Time end = loop_.clock.now() + limit;
  const error_code unknown = co_await resolve(limit);
  if (unknown) {
    out.error = unknown == asio::error::timed_out ? ArmError::timeout : ArmError::refused;
    out.detail = "resolve " + url_.host + ": " + unknown.message();
    co_return out;
  }
  const std::vector<Address> addresses = addresses_;  // another request may resolve anew meanwhile
  for (std::size_t at = 0; at < addresses.size(); ++at) {
    const auto share = left(end) / static_cast<std::chrono::nanoseconds::rep>(addresses.size() - at);
    out = co_await connect_to(addresses[at], share);
    if (out.error == ArmError::none) co_return out;
  }
  // Look the name up again soon, but not with every request while the upstream is down.
  resolved_at_ = std::chrono::steady_clock::now() - kAddressesKept + std::chrono::seconds(1);
  co_return out;
}

Task<Dialed> Dialer::connect_to(Address address, std::chrono::nanoseconds limit) {
  Dialed out;
  error_code error;
  const int descriptor = ::socket(address.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) error = error_code(errno, boost::system::system_category());
  const int on = 1;
  if (!error && url_.scheme != UpstreamUrl::Scheme::unix_socket)
    (void)::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // only slower without
  const auto began = std::chrono::steady_clock::now();
  // Connecting begins before the poller hears of the socket: to epoll an unconnected one has hung up.
  if (!error && ::connect(descriptor, address.data(), static_cast<socklen_t>(address.size())) != 0 &&
      errno != EINPROGRESS)
    error = error_code(errno, boost::system::system_category());
  out.connection = std::make_unique<Connection>(Stream(loop_.poller, descriptor), loop_.clock);
  Connection& connection = *out.connection;
  connection.deadline.arm(limit);
  if (!error) {
    connection.stream.connecting();
    co_await connection.stream.until_writable();
    error = connection.stream.connected();
    out.took = std::chrono::steady_clock::now() - began;
  }
  const char* step = "connect ";
  if (!error && url_.scheme == UpstreamUrl::Scheme::https) {
    UniqueSsl ssl;
    if (tls_) ssl = tls_->begin(url_.host, tls_sessions_);
    error = co_await connection.stream.handshake(std::move(ssl));
    step = "TLS handshake with ";
    if (error) out.error = ArmError::tls;
  }
  if (error) {
    const bool late = connection.deadline.expired();
    if (late) out.error = ArmError::timeout;
    if (out.error == ArmError::none) out.error = ArmError::refused;
    out.detail = step + url_.text + ": " +
                 (late ? "no answer in time" : upstream_handshake_problem(connection.stream.tls(), error));
    out.connection.reset();
    co_return out;
  }
  connection.deadline.disarm();
  co_return out;
}

}  // namespace truemirror
