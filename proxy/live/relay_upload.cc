// A request on its way to stable: its head, and its body as the client sends it. Part of Relay.
#include <algorithm>
#include <boost/asio/error.hpp>

#include "proxy/live/relay.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;

// A client that has its response, and knows that the connection ends, is waited for no longer than this.
constexpr std::chrono::seconds kAnsweredPatience{5};

}  // namespace

// And what of the body has come: with the head, or up to the end of an attempt before this one.
Task<bool> Relay::send_head() {
  asked_at_ = upstream_->stream.written();
  space_.to_stable.clear();
  space_.to_stable.emplace_back(space_.request_text.data(), space_.request_text.size());
  upload_.frame_again(space_.to_stable);
  if (tee_) tee_->request_sent();
  upstream_->deadline.arm(thread_.options.limits.response_timeout);
  const IoResult sent = co_await upstream_->stream.write(space_.to_stable);
  sent.error ? could_not_send(sent.error) : note_written();
  co_return !sent.error;
}

void Relay::note_written() {
  upload_.written();
  if (upload_.sent() && tee_) tee_->request_done(space_.request_body.trailers());
}

// Stable may have answered early and closed: its response is still to be read. Where the connection lives on (there was
// no memory for a segment), stable has half a request, and neither it nor we must wait for the rest.
void Relay::could_not_send(const boost::system::error_code& error) {
  upload_.end(Upload::Cut::stable_left);
  write_error_ = error;
  if (error != asio::error::broken_pipe && error != asio::error::connection_reset) upstream_->stream.close();
}

// What watches stable meanwhile has nothing left to watch for.
Task<void> Relay::upload() {
  co_await move_body();
  if (download_.is_complete()) upstream_->stream.cancel_read();
}

// The client is waited for without a block, and held to its rate; stable is not: it has response_timeout.
Task<void> Relay::move_body() {
  while (upload_.wants_more()) {
    bool came = true;
    if (in_.empty()) came = co_await read_body();
    if (upload_.ended()) co_return;
    if (!came) continue;
    in_.consume(upload_.take(in_.unread()));
    if (!upload_.held_back()) waiting_.reset();
    if (upload_.cut() != Upload::Cut::none) {
      count_problem();
      upstream_->stream.close();
      co_return;
    }
    if (tee_) tee_->request_payload(space_.request_payload);
    space_.to_stable.clear();
    upload_.frame(space_.to_stable);
    upstream_->deadline.arm(thread_.options.limits.response_timeout);
    const IoResult sent = co_await upstream_->stream.write(space_.to_stable);
    if (sent.error) {
      could_not_send(sent.error);
      co_return;
    }
    note_written();
    if (download_.is_complete()) upstream_->deadline.disarm();  // nothing is due from stable
  }
}

// More of the body. False where none came, and it may still come.
Task<bool> Relay::read_body() {
  DeadlineClock::Watch late(thread_.loop.clock, stop_reading, &client_.stream);
  late.arm(std::min(patience(), pace_.left()));
  const auto since = thread_.loop.clock.now();
  in_.release();
  co_await client_.stream.until_readable();
  const IoResult got = co_await client_.stream.read_some(in_.space());
  if (!got.error) {
    thread_.counters.bytes_from_clients.add(got.bytes);
    in_.commit(got.bytes);
  }
  if (upload_.ended()) co_return false;  // by the other direction, meanwhile
  const bool interrupted = got.error == asio::error::operation_aborted && client_.stream.is_open() && !late.expired();
  if (interrupted) co_return false;
  if (is_too_slow(thread_.loop.clock.now() - since, got.bytes, late.expired())) {
    // What was answered before it was sent has not been broken off.
    if (upload_.held_back() && download_.is_complete() && tee_) tee_->request_withheld();
    upload_.end(Upload::Cut::too_slow);
  } else if (got.error && !late.expired()) {
    if (upload_.held_back() && download_.is_complete() && tee_) tee_->request_withheld();
    client_left();
  }
  if (upload_.ended()) upstream_->stream.close();
  co_return !got.error;
}

std::chrono::nanoseconds Relay::patience() const {
  const std::chrono::nanoseconds usual = thread_.options.limits.body_timeout;
  return download_.is_complete() && closes_ ? std::min<std::chrono::nanoseconds>(usual, kAnsweredPatience) : usual;
}

void Relay::stop_reading(void* stream) { static_cast<Stream*>(stream)->cancel_read(); }

bool Relay::is_too_slow(std::chrono::nanoseconds waited, std::size_t bytes, bool late) {
  const bool keeps_up = pace_.keeps_up(waited, bytes);
  if (!keeps_up) thread_.counters.hit(Limit::request_rate);
  const bool silent = keeps_up && late && waited >= patience();
  if (silent) thread_.counters.hit(Limit::body_timeout);
  return !keeps_up || silent;
}

void Relay::count_problem() {
  if (upload_.cut() == Upload::Cut::too_large) thread_.counters.hit(Limit::body_bytes);
}

// No response will follow on this connection: the rest of the request is nobody's, or goes over another one.
void Relay::stop_uploading() {
  upload_.end(Upload::Cut::unanswered);
  client_.stream.cancel_read();
  upstream_->stream.close();
}

}  // namespace truemirror
