// What stable says before a final response, or instead of one: 1xx, and the switch to a tunnel. Part of Relay.
#include "proxy/live/relay.h"

namespace truemirror {

using boost::asio::const_buffer;

Task<bool> Relay::forward_interim() {
  if (client_http10_) co_return true;  // RFC 9110 §15.2: not to HTTP/1.0 clients
  if (space_.response.status == 100) {
    waiting_.reset();
    if (told_to_continue_) co_return true;
  }
  space_.response_text.clear();
  write_interim_head(space_.response, space_.response_text);
  space_.to_client.assign({const_buffer(space_.response_text.data(), space_.response_text.size())});
  const bool sent = co_await send_to_client();
  if (sent) committed_ = false;  // another may follow
  co_return sent;
}

Task<bool> Relay::tell_to_continue() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  waiting_.reset();
  told_to_continue_ = true;
  space_.to_client.assign({const_buffer(kContinue.data(), kContinue.size())});
  const bool sent = co_await send_to_client();
  if (sent) committed_ = false;
  co_return sent;
}

// Whether the response just read ends HTTP on both connections.
bool Relay::opens_tunnel() const {
  const int status = space_.response.status;
  if (course_.connect) return status >= 200 && status < 300;
  return status == 101 && uploaded_ && !course_.upgrade.empty() && grants_upgrade(course_, space_.response);
}

Task<Next> Relay::open_tunnel() {
  space_.response_text.clear();
  write_interim_head(space_.response, space_.response_text);  // RFC 9110 §9.3.6: a 2xx to CONNECT frames no body either
  thread_.counters.responses[static_cast<std::size_t>(space_.response.status / 100)].add();
  space_.from_stable.consume(space_.response.size);
  space_.to_client.assign({const_buffer(space_.response_text.data(), space_.response_text.size())});
  const bool sent = co_await send_to_client();
  co_return sent ? Next::tunnel : Next::abort;
}

}  // namespace truemirror
