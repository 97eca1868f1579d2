// Makes connections to one upstream: finds its addresses, connects, shakes hands. Resolves names when it has to, never
// on the calling stack; remembers addresses for 30 s. One thread's.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "proxy/http/exchange.h"
#include "proxy/upstream/connection.h"
#include "proxy/upstream/event_loop.h"
#include "proxy/upstream/task.h"
#include "proxy/upstream/tls_client.h"
#include "proxy/upstream/url.h"

namespace truemirror {

struct Dialed {
  std::unique_ptr<Connection> connection;  // null where `error` is set
  ArmError error = ArmError::none;
  bool busy = false;                 // as many as may be are open, and none came free in time
  std::string detail;                // "connect 127.0.0.1:9002: Connection refused"
  std::chrono::nanoseconds took{0};  // connecting, without the name and the TLS handshake
};

class Dialer {
 public:
  using Time = DeadlineClock::Clock::time_point;

  // `limit`: for the name, connecting and the TLS handshake together. `tls`: for https; null: verified against the
  // system's store.
  Dialer(EventLoop& loop, UpstreamUrl url, std::chrono::milliseconds limit, std::shared_ptr<const TlsClient> tls);

  // Gives up at `until`, and after the limit.
  Task<Dialed> dial(Time until);
  // What is left until then; of the limit at most.
  [[nodiscard]] std::chrono::nanoseconds left(Time until) const;
  [[nodiscard]] const UpstreamUrl& url() const { return url_; }

 private:
  using Address = boost::asio::generic::stream_protocol::endpoint;

  Task<boost::system::error_code> resolve(std::chrono::nanoseconds limit);
  Task<Dialed> connect_to(Address address, std::chrono::nanoseconds limit);

  EventLoop& loop_;
  UpstreamUrl url_;
  std::chrono::milliseconds limit_;
  std::shared_ptr<const TlsClient> tls_;
  TlsSessions tls_sessions_;
  std::vector<Address> addresses_;
  std::chrono::steady_clock::time_point resolved_at_{};
};

}  // namespace truemirror
