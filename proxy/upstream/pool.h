// Connections to one upstream, kept alive between requests. One pool a thread and upstream: nothing is shared or
// locked. Resolves names when it has to, never on the calling stack; remembers addresses for 30 s.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/http/exchange.h"
#include "proxy/upstream/event_loop.h"
#include "proxy/upstream/stream.h"
#include "proxy/upstream/task.h"
#include "proxy/upstream/tls_client.h"
#include "proxy/upstream/url.h"

namespace truemirror {

struct PoolOptions {
  UpstreamUrl url;
  std::size_t max_idle = 64;                         // connections kept
  std::chrono::milliseconds max_idle_time{30'000};   // an idle one older than this is closed
  std::size_t max_open = 0;                          // connections in use, idle or being made; 0: any number
  std::chrono::milliseconds connect_timeout{2'000};  // resolving, connecting and the TLS handshake together
  std::shared_ptr<const TlsClient> tls;              // for https; null: verified against the system's store
};

class Pool;

// Counts an open connection where their number is limited.
class OpenSlot {
 public:
  OpenSlot() = default;
  explicit OpenSlot(Pool& pool);
  OpenSlot(OpenSlot&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)) {}
  OpenSlot& operator=(OpenSlot&& other) noexcept {
    std::swap(pool_, other.pool_);
    return *this;
  }
  ~OpenSlot();

 private:
  Pool* pool_ = nullptr;
};

// A connection and the deadline that closes it.
struct Connection {
  Connection(Stream s, DeadlineClock& clock);

  Stream stream;
  DeadlineClock::Watch deadline;        // of reads, or of a whole exchange
  DeadlineClock::Watch write_deadline;  // of writes that go on while something is read
  OpenSlot slot;
  bool reused = false;            // at least one request went over it before
  bool between_messages = false;  // nothing is cut off by a close: under TLS it says so
  std::chrono::steady_clock::time_point idle_since{};
};

struct Dialed {
  std::unique_ptr<Connection> connection;  // null where `error` is set
  ArmError error = ArmError::none;
  bool busy = false;   // max_open are, and none came free in time
  std::string detail;  // "connect 127.0.0.1:9002: Connection refused"
};

enum class Reuse : std::uint8_t {
  quiet,  // the newest idle connection that a look shows to be open and silent
  none    // a new connection
};

class Pool {
 public:
  Pool(EventLoop& loop, PoolOptions options);
  ~Pool() { close(); }
  Pool(const Pool&) = delete;

  using Time = DeadlineClock::Clock::time_point;

  // Where max_open are, waits for one to come free, connect_timeout at most; as many may wait as may be open. Gives up
  // at `until`, whatever it waits for.
  Task<Dialed> acquire(Reuse reuse, Time until = Time::max());
  // The connection to reuse, where there is one: acquire() without a wait.
  [[nodiscard]] std::unique_ptr<Connection> take_idle();
  // Only connections whose last message was read to its end, and that both sides keep open.
  void release(std::unique_ptr<Connection> connection);
  // Closes what is idle; connections released afterwards are closed, too.
  void close();
  [[nodiscard]] std::size_t idle() const { return idle_.size(); }
  [[nodiscard]] const UpstreamUrl& url() const { return options_.url; }
  [[nodiscard]] std::chrono::milliseconds max_idle_time() const { return options_.max_idle_time; }

 private:
  friend class OpenSlot;
  class Turn;
  using Address = boost::asio::generic::stream_protocol::endpoint;

  [[nodiscard]] std::unique_ptr<Connection> newest_quiet();
  [[nodiscard]] bool is_full() const { return options_.max_open != 0 && open_ >= options_.max_open; }
  void wake_waiting();

  void trim();  // closes what has been idle for too long; once a second
  static void trim_again(void* self);

  // What is left until then; of connect_timeout at most.
  [[nodiscard]] std::chrono::nanoseconds left(Time until) const;
  Task<boost::system::error_code> resolve(std::chrono::nanoseconds limit);
  Task<Dialed> dial(Time until);
  Task<Dialed> connect_to(Address address, std::chrono::nanoseconds limit);
  static void part(Connection& connection);

  EventLoop& loop_;
  PoolOptions options_;
  std::size_t open_ = 0;  // slots; before what holds some
  std::deque<Turn*> waiting_;
  bool waking_ = false;
  TlsSessions tls_sessions_;
  std::vector<std::unique_ptr<Connection>> idle_;  // oldest first
  std::vector<Address> addresses_;
  std::chrono::steady_clock::time_point resolved_at_{};
  DeadlineClock::Watch trimming_;
  bool closed_ = false;
};

}  // namespace truemirror
