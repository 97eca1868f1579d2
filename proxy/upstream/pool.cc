#include "proxy/upstream/pool.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>

namespace truemirror {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
constexpr std::chrono::seconds kAddressesKept{30};
constexpr std::chrono::seconds kTrimEvery{1};

void close_connection(void* owner) {
  auto& connection = *static_cast<Connection*>(owner);
  if (connection.between_messages) connection.stream.goodbye();
  connection.stream.close();
}

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

Connection::Connection(Stream s, DeadlineClock& clock)
    : stream(std::move(s)), deadline(clock, close_connection, this), write_deadline(clock, close_connection, this) {}

Pool::Pool(EventLoop& loop, PoolOptions options)
    : loop_(loop), options_(std::move(options)), trimming_(loop.clock, trim_again, this) {
  trimming_.arm(kTrimEvery);
  if (options_.url.scheme != UpstreamUrl::Scheme::https || options_.tls) return;
  auto usual = TlsClient::load({});
  if (usual) options_.tls = *std::move(usual);  // without it every connection fails, and says so
}

OpenSlot::OpenSlot(Pool& pool) : pool_(&pool) { ++pool.open_; }

OpenSlot::~OpenSlot() {
  if (pool_ == nullptr) return;
  --pool_->open_;
  pool_->wake_waiting();
}

// One request's wait for a connection to come free.
class Pool::Turn {
 public:
  Turn(Pool& pool, std::chrono::nanoseconds limit)
      : pool_(pool), limit_(limit), late_(pool.loop_.clock, give_up, this) {}

  [[nodiscard]] bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    pool_.waiting_.push_back(this);
    late_.arm(limit_);
  }
  // Whether it came.
  [[nodiscard]] bool await_resume() const { return came_; }

  void come() {
    came_ = true;
    late_.disarm();
    waiter_.resume();
  }

 private:
  static void give_up(void* self) {
    Turn& turn = *static_cast<Turn*>(self);
    auto& waiting = turn.pool_.waiting_;
    waiting.erase(std::find(waiting.begin(), waiting.end(), &turn));
    turn.waiter_.resume();
  }

  Pool& pool_;
  std::chrono::nanoseconds limit_;
  DeadlineClock::Watch late_;
  std::coroutine_handle<> waiter_;
  bool came_ = false;
};

// Not from within release() or a destructor: who is woken runs at once.
void Pool::wake_waiting() {
  if (waiting_.empty() || std::exchange(waking_, true)) return;
  loop_.soon([this] {
    waking_ = false;
    while (!waiting_.empty() && (!idle_.empty() || !is_full())) {
      Turn& next = *waiting_.front();
      waiting_.pop_front();
      next.come();
    }
  });
}

std::chrono::nanoseconds Pool::left(Time until) const {
  const Time now = loop_.clock.now();
  return std::min(now + options_.connect_timeout, until) - now;
}

Task<Dialed> Pool::acquire(Reuse reuse, Time until) {
  Dialed out;
  if (reuse != Reuse::none) out.connection = take_idle();
  if (out.connection) co_return out;
  if (is_full() && idle_.empty()) {
    bool came = false;  // no co_await in a condition: gcc 12
    if (waiting_.size() < options_.max_open) came = co_await Turn(*this, left(until));
    if (!came) {
      out.error = ArmError::refused;
      out.busy = true;
      out.detail = options_.url.text + ": all " + std::to_string(options_.max_open) + " connections are in use";
      co_return out;
    }
    if (reuse != Reuse::none) out.connection = newest_quiet();
    if (out.connection) co_return out;
  }
  if (is_full() && !idle_.empty()) idle_.erase(idle_.begin());
  OpenSlot slot;
  if (options_.max_open != 0) slot = OpenSlot(*this);
  out = co_await dial(until);
  if (out.connection) out.connection->slot = std::move(slot);
  co_return out;
}

// Those who wait come first.
std::unique_ptr<Connection> Pool::take_idle() { return waiting_.empty() ? newest_quiet() : nullptr; }

std::unique_ptr<Connection> Pool::newest_quiet() {
  while (!idle_.empty()) {
    std::unique_ptr<Connection> newest = std::move(idle_.back());
    idle_.pop_back();
    // Bytes that came while it idled are nobody's response: they must never become the next request's.
    if (!newest->stream.quiet()) continue;
    newest->reused = true;
    return newest;
  }
  return nullptr;
}

void Pool::release(std::unique_ptr<Connection> connection) {
  connection->deadline.disarm();
  connection->write_deadline.disarm();
  if (closed_ || !connection->stream.is_open()) return;
  if (idle_.size() >= options_.max_idle) idle_.erase(idle_.begin());
  connection->idle_since = loop_.clock.now();
  idle_.push_back(std::move(connection));
  wake_waiting();
}

void Pool::close() {
  closed_ = true;
  trimming_.disarm();
  for (const auto& connection : idle_) part(*connection);
  idle_.clear();
}

// An idle connection: nothing is cut off.
void Pool::part(Connection& connection) {
  connection.stream.goodbye();
  connection.stream.close();
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
  for (auto old = idle_.begin(); old != kept; ++old) part(**old);
  idle_.erase(idle_.begin(), kept);
}

Task<error_code> Pool::resolve(std::chrono::nanoseconds limit) {
  const UpstreamUrl& url = options_.url;
  if (url.scheme == UpstreamUrl::Scheme::unix_socket) {
    if (addresses_.empty()) addresses_.emplace_back(asio::local::stream_protocol::endpoint(url.socket_path));
    co_return error_code();
  }
  error_code not_numeric;
  const auto numeric = asio::ip::make_address(url.host, not_numeric);
  if (!not_numeric) {
    if (addresses_.empty()) addresses_.emplace_back(asio::ip::tcp::endpoint(numeric, url.port));
    co_return error_code();
  }
  const auto now = std::chrono::steady_clock::now();
  if (!addresses_.empty() && now - resolved_at_ < kAddressesKept) co_return error_code();
  Lookup lookup(loop_, url, limit);
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
Task<Dialed> Pool::dial(Time until) {
  Dialed out;
  const std::chrono::nanoseconds limit = left(until);
  const Time end = loop_.clock.now() + limit;
  const error_code unknown = co_await resolve(limit);
  if (unknown) {
    out.error = unknown == asio::error::timed_out ? ArmError::timeout : ArmError::refused;
    out.detail = "resolve " + options_.url.host + ": " + unknown.message();
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

Task<Dialed> Pool::connect_to(Address address, std::chrono::nanoseconds limit) {
  Dialed out;
  error_code error;
  const int descriptor = ::socket(address.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) error = error_code(errno, boost::system::system_category());
  const int on = 1;
  if (!error && options_.url.scheme != UpstreamUrl::Scheme::unix_socket)
    (void)::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // only slower without
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
  }
  const char* step = "connect ";
  if (!error && options_.url.scheme == UpstreamUrl::Scheme::https) {
    UniqueSsl ssl;
    if (options_.tls) ssl = options_.tls->begin(options_.url.host, tls_sessions_);
    error = co_await connection.stream.handshake(std::move(ssl));
    step = "TLS handshake with ";
    if (error) out.error = ArmError::tls;
  }
  if (error) {
    const bool late = connection.deadline.expired();
    if (late) out.error = ArmError::timeout;
    if (out.error == ArmError::none) out.error = ArmError::refused;
    out.detail = step + options_.url.text + ": " +
                 (late ? "no answer in time" : handshake_problem(connection.stream.tls(), error.message()));
    out.connection.reset();
    co_return out;
  }
  connection.deadline.disarm();
  co_return out;
}

}  // namespace truemirror
