// The rest of a request's body on its way to stable, and what ends it early: the client's framing, size or pace, or the
// exchange's time. Part of Relay.
#include <algorithm>

#include "proxy/live/relay.h"

namespace truemirror {
namespace {

constexpr BodyProblem kBodyMalformed{400, "bad_request", "malformed chunked body"};
constexpr BodyProblem kBodyTooLarge{413, "body_too_large", "the body is larger than what is allowed"};
constexpr BodyProblem kBodyTooSlow{408, "request_timeout", "the body did not come in time"};

}  // namespace

// The client is waited for without a block, and held to its rate; stable is not: it has response_timeout.
Task<void> Relay::upload() {
  DeadlineClock::Watch late(thread_.loop.clock, stop_reading, &client_.stream);
  while (!space_.request_body.done()) {
    late.arm(std::min<std::chrono::nanoseconds>(thread_.options.limits.body_timeout, pace_.left()));
    const auto since = thread_.loop.clock.now();
    if (in_.empty()) in_.release();
    awaits_client_ = true;
    co_await client_.stream.until_readable();
    const IoResult got = co_await client_.stream.read_some(in_.space());
    late.disarm();
    awaits_client_ = false;
    if (close_after_) co_return;  // download() has ended and does not wait for the rest
    if (body_problem_ == nullptr) judge_pace(thread_.loop.clock.now() - since, got.bytes, late.expired());
    if (got.error && late.expired() && body_problem_ == nullptr) continue;
    if (got.error && body_problem_ == nullptr) client_left();
    if (!got.error) waiting_.reset();
    if (!got.error) take_body(got.bytes);
    if (body_problem_ != nullptr || client_failed_) {
      upstream_->stream.close();
      co_return;
    }
    if (tee_) tee_->request_payload(space_.request_payload);
    space_.to_stable.clear();
    frame_request(space_.request_payload, space_.request_body.done());
    upstream_->deadline.arm(thread_.options.limits.response_timeout);
    const IoResult sent = co_await upstream_->stream.write(space_.to_stable);
    if (sent.error) {
      could_not_send(sent.error);
      co_return;
    }
  }
  uploaded_ = true;
}

void Relay::stop_reading(void* stream) { static_cast<Stream*>(stream)->cancel_read(); }

void Relay::judge_pace(std::chrono::nanoseconds waited, std::size_t bytes, bool late) {
  const bool keeps_up = pace_.keeps_up(waited, bytes);
  if (!keeps_up) thread_.counters.hit(Limit::request_rate);
  const bool silent = keeps_up && late && waited >= thread_.options.limits.body_timeout;
  if (silent) thread_.counters.hit(Limit::body_timeout);
  if (!keeps_up || silent) body_problem_ = &kBodyTooSlow;
}

void Relay::take_body(std::size_t bytes) {
  thread_.counters.bytes_from_clients.add(bytes);
  in_.commit(bytes);
  space_.request_payload.clear();
  in_.consume(space_.request_body.feed(in_.unread(), space_.request_payload));
  look_at_body();
}

// By its length; a chunked one shows its size chunk by chunk.
void Relay::look_at_body() {
  if (space_.request_body.failed()) body_problem_ = &kBodyMalformed;
  if (!exceeds(space_.request_body.announced(), thread_.options.limits.body_bytes)) return;
  thread_.counters.hit(Limit::body_bytes);
  body_problem_ = &kBodyTooLarge;
}

// What is left of the body must not be read as a request.
Task<Next> Relay::answer_body_problem() {
  client_keeps_ = false;
  return answer(body_problem_->status, body_problem_->reason, body_problem_->detail);
}

// Closing what is waited for ends the wait; answer_failure() knows why it ended.
bool Relay::give_up() {
  out_of_time_ = true;
  if (committed_) return false;
  if (awaits_client_) {
    body_problem_ = &kBodyTooSlow;
    client_.stream.cancel_read();
  }
  if (upstream_) upstream_->stream.close();
  return true;
}

}  // namespace truemirror
