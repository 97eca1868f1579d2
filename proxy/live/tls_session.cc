// How a session begins over TLS: the handshake, bounded in time, and what it tells of the client. All that follows is
// as in plain.
#include <array>

#include "proxy/live/session.h"

namespace truemirror {

Task<> Session::run_tls() {
  // What the connection was made with lives as long as it does, whatever a reload brings.
  const std::shared_ptr<const TlsServer> tls = thread_.tls;
  thread_.counters.connections.add();
  thread_.counters.open_connections.add();
  const bool shaken = co_await shake_hands(*tls);
  if (shaken) co_await serve_all();
  client_.stream.close();
  thread_.counters.open_connections.sub();
}

Task<bool> Session::shake_hands(const TlsServer& tls) {
  boost::system::error_code error;
  bool crowded_out = false;
  {
    const Handshakes::Place place(thread_.handshakes, [this] { client_.stream.close(); });
    client_.deadline.arm(thread_.options.limits.handshake_timeout);
    error = co_await client_.stream.handshake(tls.begin(thread_.ticket_keys));
    crowded_out = place.crowded_out();
  }
  const bool late = client_.deadline.expired();
  client_.deadline.disarm();
  if (error) {
    if (thread_.draining) co_return false;
    if (late) thread_.counters.hit(Limit::handshake_timeout);
    const HandshakeFailure failure = crowded_out ? HandshakeFailure::crowded_out
                                     : late      ? HandshakeFailure::timeout
                                                 : handshake_failure(error);
    // No temporary of a conditional in a co_await: gcc 12 destroys it twice (PR 99576).
    std::string detail = handshake_problem(client_.stream.tls(), error.message());
    if (late || crowded_out) detail = "not done in time";
    co_await handshake_failed(failure, detail);
    co_return false;
  }
  SSL* const ssl = client_.stream.tls();
  (SSL_session_reused(ssl) == 1 ? thread_.counters.resumed_handshakes : thread_.counters.full_handshakes).add();
  facts_.proto = "https";
  facts_.identity = tls.identity(ssl);
  co_return true;
}

Task<> Session::handshake_failed(HandshakeFailure failure, std::string_view detail) {
  thread_.counters.failed_handshakes.at(static_cast<std::size_t>(failure)).add();
  if (failure == HandshakeFailure::not_tls) detail = "plain HTTP, where TLS was expected";
  thread_.handshakes.complain(facts_.address, detail);
  if (failure != HandshakeFailure::not_tls) co_return;
  // A person who has typed http:// before a port for TLS. Nothing of the request was read as one.
  client_.stream.drop_tls();
  co_await refuse(400, "tls_required", "plain HTTP was sent to a port for HTTPS; write https://");
}

}  // namespace truemirror
