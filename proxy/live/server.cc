#include "proxy/live/server.h"

#include <pthread.h>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <list>
#include <thread>

#include "proxy/live/refusals.h"
#include "proxy/live/session.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr int kBacklog = 4096;
constexpr int kLookedAtForIdle = 64;

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

Result<tcp::endpoint> endpoint_of(const std::string& host, std::uint16_t port) {
  boost::system::error_code error;
  const auto address = host.empty() || host == "*" ? asio::ip::address(asio::ip::address_v4::any())
                       : host == "localhost"       ? asio::ip::address(asio::ip::address_v4::loopback())
                                                   : asio::ip::make_address(host, error);
  if (error) return Problem{"cannot listen on '" + host + "': give an IP address, such as 127.0.0.1 or [::]"};
  return tcp::endpoint(address, port);
}

Result<tcp::acceptor> bind_listener(asio::io_context& io, const tcp::endpoint& at, bool shared) {
  tcp::acceptor acceptor(io);
  boost::system::error_code error;
  acceptor.open(at.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && shared) acceptor.set_option(ReusePort(true), error);
  if (!error) acceptor.bind(at, error);
  if (!error && shared) acceptor.listen(kBacklog, error);
  if (!error) acceptor.non_blocking(true, error);
  if (!error) return acceptor;
  std::string text =
      "cannot listen on " + at.address().to_string() + ":" + std::to_string(at.port()) + ": " + error.message();
  if (error == asio::error::address_in_use)
    text += "; another program has the port, choose another with --listen, --https or --admin";
  if (error == asio::error::access_denied) text += "; ports below 1024 need rights (CAP_NET_BIND_SERVICE)";
  return Problem{text};
}

}  // namespace

class LiveServer::Worker {
 public:
  Worker(const LiveOptions& options, const LiveContext& context, Admission& admission, BufferBudget& buffers,
         unsigned index)
      : index_(index),
        admission_(admission),
        thread_state_(options, context, buffers, index),
        refusals_(thread_state_.loop.clock),
        most_handshakes_(share_of(options.limits.handshakes, options.threads)) {}

  Result<std::uint16_t> bind(const tcp::endpoint& at, bool tls) {
    auto acceptor = bind_listener(thread_state_.loop.io, at, true);
    if (!acceptor) return acceptor.error();
    const std::uint16_t port = acceptor->local_endpoint().port();
    const Listener& listener = listeners_.emplace_back(*this, acceptor->release(), tls);
    if (!listener.socket.is_open())
      return Problem{"cannot listen on port " + std::to_string(port) + ": the system has no room to poll it"};
    return port;
  }

  void start() {
    thread_state_.loop.start(Poller::Stay::yes);
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), ("live-" + std::to_string(index_)).c_str());
      for (Listener& listener : listeners_) listener.socket.wait_to_read(listener, std::noop_coroutine());
      thread_state_.loop.io.run();
    });
  }

  void drain(std::chrono::milliseconds limit) {
    thread_state_.loop.post([this, limit] {
      thread_state_.draining = true;
      for (Listener& listener : listeners_) listener.socket.close();
      accepting_ = false;
      drain_watch_.emplace(thread_state_.loop.clock, abort_all, this);
      drain_watch_->arm(limit);
      for (Entry& entry : sessions_) (void)entry.session->finish_soon();
      finish_if_drained();
    });
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] LiveStats stats() const { return thread_state_.counters.read(); }
  void follow(std::shared_ptr<const SamplingPlan> plan) {
    thread_state_.loop.post(
        [this, plan = std::move(plan)]() mutable { thread_state_.sampler.follow(std::move(plan)); });
  }
  void follow(std::shared_ptr<const TlsServer> tls) {
    thread_state_.loop.post([this, tls = std::move(tls)]() mutable { thread_state_.tls = std::move(tls); });
  }
  void follow(const TicketKeys& keys) {
    thread_state_.loop.post([this, keys] { thread_state_.ticket_keys = keys; });
  }

 private:
  struct Entry {
    Admission::Place place;
    std::unique_ptr<Session> session;
  };
  // Where clients connect. Each look at the sockets takes one of those that wait, until the socket is closed.
  struct Listener final : Poller::Wait {
    Listener(Worker& w, int descriptor, bool over_tls)
        : worker(w),
          socket(w.thread_state_.loop.poller, descriptor, Poller::Socket::Kind::listener),
          pause(w.thread_state_.loop.clock, accept_again, this),
          tls(over_tls) {}
    bool attempt() override {
      if (!socket.is_open()) return true;
      worker.accept_one(*this);
      return false;
    }
    static void accept_again(void* self) { static_cast<Listener*>(self)->socket.pause(false); }
    Worker& worker;
    Poller::Socket socket;
    DeadlineClock::Watch pause;
    bool tls;
  };

  // The connection's socket never becomes Asio's: the poller registers it once.
  void accept_one(Listener& listener) {
    if (listener.tls && exceeds(thread_state_.handshakes.under_way() + 1, most_handshakes_)) {
      thread_state_.counters.hit(Limit::handshakes);
      thread_state_.handshakes.make_room();
      return accept_later(listener);
    }
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int descriptor = ::accept4(listener.socket.descriptor(), reinterpret_cast<sockaddr*>(&peer), &size,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) return admit(listener, descriptor, peer, size);
    const bool passing = errno == EAGAIN || errno == EWOULDBLOCK || errno == ECONNABORTED || errno == EINTR;
    if (!passing && !make_do(listener, errno)) accept_later(listener);
  }

  // At the limit a connection that idles between two requests makes room for the new one, where there is one nearby;
  // else the new one is refused with an answer.
  void admit(const Listener& listener, int descriptor, const sockaddr_storage& peer, socklen_t size) {
    Admission::Answer answer = admission_.enter(peer, thread_state_.loop.clock.now());
    if (answer.hit) thread_state_.counters.hit(*answer.hit);
    if (answer.hit == Limit::connections && shed_an_idle_one())
      answer = admission_.enter(peer, thread_state_.loop.clock.now());
    if (answer.hit) {
      thread_state_.counters.responses[5].add();
      return refusals_.refuse(descriptor, !listener.tls);
    }
    begin_session(listener, descriptor, peer, size, std::move(answer.place));
  }

  // After an accept() that failed. False where only time helps: no memory, or other processes hold all descriptors.
  bool make_do(Listener& listener, int code) {
    thread_state_.counters.accept_errors.add();
    if (code != EMFILE && code != ENFILE) return false;
    admission_.out_of_descriptors(thread_state_.loop.clock.now());
    return shed_an_idle_one() || refusals_.refuse_next(listener.socket.descriptor(), !listener.tls);
  }

  // Looks at a few only, and goes on from there the next time.
  bool shed_an_idle_one() {
    for (int looked = 0; looked < kLookedAtForIdle && !sessions_.empty(); ++looked) {
      if (shed_next_ == sessions_.end()) shed_next_ = sessions_.begin();
      Entry& entry = *shed_next_++;
      if (!entry.session->finish_soon()) continue;
      entry.place = {};
      return true;
    }
    return false;
  }

  // At the next tick: no spinning where an accept failed for want of memory.
  static void accept_later(Listener& listener) {
    listener.socket.pause(true);
    listener.pause.arm(DeadlineClock::kNextTick);
  }

  void begin_session(const Listener& listener, int descriptor, const sockaddr_storage& peer, socklen_t size,
                     Admission::Place place) {
    const int on = 1;
    (void)::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // only slower without
    tcp::endpoint from;
    std::memcpy(from.data(), &peer, std::min<std::size_t>(size, from.capacity()));
    const auto at = sessions_.insert(
        sessions_.end(),
        Entry{std::move(place), std::make_unique<Session>(thread_state_, Stream(thread_state_.loop.poller, descriptor),
                                                          from.address().to_string())});
    spawn(listener.tls ? at->session->run_tls() : at->session->run(), [this, at] {
      if (shed_next_ == at) ++shed_next_;
      sessions_.erase(at);
      finish_if_drained();
    });
  }

  void finish_if_drained() {
    if (!thread_state_.draining || accepting_ || !sessions_.empty()) return;
    drain_watch_.reset();
    thread_state_.stable.close();
    thread_state_.loop.stop();
  }

  static void abort_all(void* self) {
    for (Entry& entry : static_cast<Worker*>(self)->sessions_) entry.session->abort();
  }

  unsigned index_;
  Admission& admission_;
  LiveThread thread_state_;
  Refusals refusals_;
  std::size_t most_handshakes_;
  std::list<Listener> listeners_;
  std::optional<DeadlineClock::Watch> drain_watch_;
  std::list<Entry> sessions_;
  std::list<Entry>::iterator shed_next_ = sessions_.end();
  bool accepting_ = true;
  std::thread thread_;
};

LiveServer::LiveServer(LiveOptions options, LiveContext context)
    : options_(std::move(options)),
      context_(std::move(context)),
      admission_(options_.limits),
      buffers_(buffer_budget(options_)) {}

LiveServer::~LiveServer() { drain(std::chrono::milliseconds(0)); }

// SO_REUSEPORT would let a second truemirror share the port in silence: a listener that does not share finds it.
Result<void> LiveServer::can_listen(const std::string& host, std::uint16_t port) {
  const auto at = endpoint_of(host, port);
  if (!at) return at.error();
  asio::io_context io;
  if (port == 0) return {};
  if (const auto probe = bind_listener(io, *at, false); !probe) return probe.error();
  return {};
}

Result<void> LiveServer::bind() {
  for (unsigned index = 0; index < std::max(1u, options_.threads); ++index)
    workers_.push_back(std::make_unique<Worker>(options_, context_, admission_, buffers_, index));
  Result<void> done{};
  if (options_.plain) done = bind_all({options_.listen_host, options_.listen_port}, false, port_);
  if (done && options_.tls) done = bind_all(options_.https, true, https_port_);
  if (done && options_.tls) done = rotate_ticket_keys();
  if (!done) workers_.clear();
  return done;
}

Result<void> LiveServer::bind_all(const LiveOptions::Place& place, bool tls, std::uint16_t& port) {
  auto at = endpoint_of(place.host, place.port);
  if (!at) return at.error();
  if (Result<void> free = can_listen(place.host, place.port); !free) return free;
  for (const auto& worker : workers_) {
    const auto bound = worker->bind(*at, tls);
    if (!bound) return bound.error();
    port = *bound;
    at->port(port);
  }
  return {};
}

Result<void> LiveServer::rotate_ticket_keys() {
  if (!ticket_keys_.rotate()) return Problem{"the system gives no random bytes for TLS session tickets"};
  for (const auto& worker : workers_) worker->follow(ticket_keys_);
  return {};
}

void LiveServer::follow(const std::shared_ptr<const TlsServer>& tls) {
  for (const auto& worker : workers_) worker->follow(tls);
}

void LiveServer::start() {
  for (const auto& worker : workers_) worker->start();
}

void LiveServer::drain(std::chrono::milliseconds limit) {
  if (std::exchange(draining_, true)) return;
  for (const auto& worker : workers_) worker->drain(limit);
  for (const auto& worker : workers_) worker->join();
}

LiveStats LiveServer::stats() const {
  LiveStats sum;
  for (const auto& worker : workers_) sum += worker->stats();
  return sum;
}

void LiveServer::follow(std::shared_ptr<const SamplingPlan> plan) {
  for (const auto& worker : workers_) worker->follow(plan);
}

}  // namespace truemirror
