#include "proxy/upstream/connection.h"

namespace truemirror {
namespace {

void close_connection(void* owner) {
  auto& connection = *static_cast<Connection*>(owner);
  if (connection.between_messages) connection.stream.goodbye();
  connection.stream.close();
}

}  // namespace

Connection::Connection(Stream s, DeadlineClock& clock)
    : stream(std::move(s)), deadline(clock, close_connection, this), write_deadline(clock, close_connection, this) {}

}  // namespace truemirror
