// What a connection becomes after a 101 that was asked for (WebSocket) or a 2xx to CONNECT: bytes, both ways, untouched
// and never mirrored. Memory is constant, and none is held while neither side speaks. Either side may end its direction
// and go on reading; where one breaks off, the other sees that. Ends when nothing has moved for `tunnel_timeout`.
#pragma once

#include <memory>
#include <string_view>

#include "proxy/live/live_thread.h"

namespace truemirror {

class Tunnel {
 public:
  // `from_client` holds what the client has sent after its head, and is the session's.
  Tunnel(LiveThread& thread, Connection& client, ReadBuffer& from_client, std::unique_ptr<Connection> stable);

  // `early`: what stable has sent after its head; copied before this returns.
  void begin(std::string_view early);
  // Until both sides have ended; closes both.
  Task<> run();

 private:
  Task<> pump(Stream& from, Stream& to, ReadBuffer& bytes, bool to_client);
  void moved();
  void break_off();
  static void give_up(void* self);

  LiveThread& thread_;
  Connection& client_;
  std::unique_ptr<Connection> stable_;
  ReadBuffer& from_client_;
  ReadBuffer from_stable_;
  DeadlineClock::Watch idle_;
  bool half_closed_ = false;
};

}  // namespace truemirror
