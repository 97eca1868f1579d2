#include "proxy/live/tunnel.h"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <cstring>

namespace truemirror {

Tunnel::Tunnel(LiveThread& thread, Connection& client, ReadBuffer& from_client, std::unique_ptr<Connection> stable)
    : thread_(thread),
      client_(client),
      stable_(std::move(stable)),
      from_client_(from_client),
      from_stable_(thread.blocks),
      idle_(thread.loop.clock, give_up, this) {}

void Tunnel::begin(std::string_view early) {
  if (early.empty()) return;
  std::memcpy(from_stable_.space().data(), early.data(), early.size());  // less than the block that it comes from
  from_stable_.commit(early.size());
}

Task<> Tunnel::run() {
  thread_.counters.tunnels.add();
  thread_.counters.open_tunnels.add();
  client_.deadline.disarm();
  client_.write_deadline.disarm();
  stable_->deadline.disarm();
  stable_->write_deadline.disarm();
  moved();
  Task<> upwards = pump(client_.stream, stable_->stream, from_client_, false);
  upwards.start();
  Task<> downwards = pump(stable_->stream, client_.stream, from_stable_, true);
  co_await downwards;
  co_await upwards;
  idle_.disarm();
  client_.stream.close();
  stable_->stream.close();
  thread_.counters.open_tunnels.sub();
}

Task<> Tunnel::pump(Stream& from, Stream& to, ReadBuffer& bytes, bool to_client) {
  for (;;) {
    if (!bytes.empty()) {
      std::array<boost::asio::const_buffer, 1> all{
          boost::asio::const_buffer(bytes.unread().data(), bytes.unread().size())};
      const IoResult sent = co_await to.write(all);
      if (to_client) thread_.counters.bytes_to_clients.add(sent.bytes);
      if (sent.error) co_return break_off();
      moved();
    }
    bytes.release();
    co_await from.until_readable();
    const IoResult got = co_await from.read_some(bytes.space());
    if (got.error == boost::asio::error::eof) break;
    if (got.error) co_return break_off();
    if (!to_client) thread_.counters.bytes_from_clients.add(got.bytes);
    bytes.commit(got.bytes);
    moved();
  }
  bytes.release();
  half_closed_ = true;
  to.shutdown_send();
  moved();
}

// Once one side has ended, it may be gone: the other has less time to say nothing.
void Tunnel::moved() {
  const LiveLimits& limits = thread_.options.limits;
  idle_.arm(half_closed_ ? std::min(limits.body_timeout, limits.tunnel_timeout) : limits.tunnel_timeout);
}

void Tunnel::break_off() {
  client_.stream.reset_on_close();
  stable_->stream.reset_on_close();
  client_.stream.close();
  stable_->stream.close();
}

void Tunnel::give_up(void* self) {
  Tunnel& tunnel = *static_cast<Tunnel*>(self);
  tunnel.thread_.counters.hit(Limit::tunnel_timeout);
  tunnel.client_.stream.close();
  tunnel.stable_->stream.close();
}

}  // namespace truemirror
