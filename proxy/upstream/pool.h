// Connections to one upstream, kept alive between requests for as long as it keeps them. One pool a thread and
// upstream: nothing is shared or locked.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>

#include "proxy/upstream/connection.h"
#include "proxy/upstream/dial.h"
#include "proxy/upstream/event_loop.h"
#include "proxy/upstream/keep_alive.h"
#include "proxy/upstream/task.h"
#include "proxy/upstream/tls_client.h"
#include "proxy/upstream/url.h"

namespace truemirror {

struct PoolOptions {
  UpstreamUrl url;
  std::size_t max_idle = 64;                         // connections kept beside those in use, and open with them
  std::chrono::milliseconds max_idle_time{30'000};   // an idle one older than this is closed
  std::size_t max_open = 0;                          // connections in use, idle or being made; 0: any number
  std::chrono::milliseconds connect_timeout{2'000};  // resolving, connecting and the TLS handshake together
  std::shared_ptr<const TlsClient> tls;              // for https; null: verified against the system's store
  // How long the upstream keeps a connection that idles; 0: each request gets a new one. None: what it says, and what
  // is learned from it. Instead of max_idle_time, too.
  std::optional<std::chrono::milliseconds> keep_alive{};
};

// Which connection a request may take. One that idles is taken only where a look shows it open and silent.
enum class Reuse : std::uint8_t {
  quiet,  // one that the upstream is believed to keep: for what can be sent again
  young,  // one that it keeps for certain, as far as that can be known: for what may not be sent twice
  none    // a new one
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
  [[nodiscard]] std::unique_ptr<Connection> take_idle(Reuse reuse);
  // Only connections whose last message was read to its end, and that both sides keep open. One that the upstream's
  // terms (Connection::heed()) end is closed.
  void release(std::unique_ptr<Connection> connection);
  // A connection had been closed before a request came (Stream::took_nothing_since). One that was reused shows how long
  // they are kept.
  void lost(const Connection& connection);
  // Closes what is idle; connections released afterwards are closed, too.
  void close();
  [[nodiscard]] std::size_t idle() const { return idle_.size(); }
  [[nodiscard]] const UpstreamUrl& url() const { return dialer_.url(); }

 private:
  friend class OpenSlot;
  class Turn;
  // A connection that idles, and the wait that its end ends. Its place is used again: the steady state allocates none.
  struct Idle final : Poller::Wait {
    explicit Idle(Pool& of) : pool(of) {}
    bool attempt() override;

    Pool& pool;
    std::unique_ptr<Connection> connection;
    std::list<Idle>::iterator place;
  };

  [[nodiscard]] std::unique_ptr<Connection> take_newest(Reuse reuse);
  void keep(std::unique_ptr<Connection> connection);
  [[nodiscard]] std::unique_ptr<Connection> take_out(Idle& idle);
  void drop(Idle& idle);
  void look_at(Idle& idle);

  [[nodiscard]] bool is_full() const { return options_.max_open != 0 && open_ >= options_.max_open; }
  void wake_waiting();
  void trim();  // closes what has been idle for too long; once a second
  static void trim_again(void* self);

  EventLoop& loop_;
  PoolOptions options_;
  std::size_t open_ = 0;  // slots; before what holds some
  std::deque<Turn*> waiting_;
  bool waking_ = false;
  Dialer dialer_;
  KeepAlive keep_alive_;
  std::list<Idle> idle_, spare_;  // the longest idle first; places without a connection
  DeadlineClock::Watch trimming_;
  bool closed_ = false;
};

}  // namespace truemirror
