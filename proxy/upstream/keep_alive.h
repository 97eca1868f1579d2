// How long an upstream keeps a connection that idles. It says so (`Keep-Alive: timeout=5`), the operator says so, or it
// shows: by the connections that it closes while they idle, and by those that it does not. No sockets and no clock of
// its own: times are handed in. A value, one pool's.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace truemirror {

// What the upstream's responses on one connection have said of it.
struct KeepAliveTerms {
  using Duration = std::chrono::nanoseconds;

  // A response's Keep-Alive field, the last line of it; what it does not mention, or says in no number, stays as it
  // was.
  void read(std::string_view field);

  Duration timeout = Duration::max();  // max: not told
  bool over = false;                   // no further request may be sent
};

class KeepAlive {
 public:
  using Duration = std::chrono::nanoseconds;
  using Time = std::chrono::steady_clock::time_point;

  KeepAlive() = default;
  // So long, whatever it says or shows.
  explicit KeepAlive(std::optional<Duration> fixed) : fixed_(fixed) {}

  // How long a connection may have idled to be reused for a request that can be sent again.
  [[nodiscard]] Duration limit(const KeepAliveTerms& terms) const;
  // The same for one that cannot: with room for what may happen to it on its way, and never longer than something
  // speaks for.
  [[nodiscard]] Duration safe_limit(const KeepAliveTerms& terms) const;

  // How long connecting took: what a request may be late by.
  void connected(Duration took);
  // One that has idled for so long is still open.
  void survived(Duration idle, Time now);
  // The upstream has closed one that has idled for so long, by itself or under a request, before any byte.
  void closed(Duration idle, Time now);

 private:
  // Connections that were closed at one instant.
  struct Closing {
    Time until;
    Duration youngest, oldest;
  };

  void settle(Time now);
  [[nodiscard]] Duration believed(const KeepAliveTerms& terms) const;

  std::optional<Duration> fixed_;
  Duration delay_{0};
  Duration longest_survived_{0};
  Duration shortest_closed_ = Duration::max();
  Time raised_again_{};  // when shortest_closed_ may grow next
  std::optional<Closing> closing_;
};

}  // namespace truemirror
