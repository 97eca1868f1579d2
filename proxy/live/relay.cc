#include "proxy/live/relay.h"

#include <algorithm>
#include <array>
#include <utility>

namespace truemirror {
namespace {

using boost::asio::const_buffer;

// RFC 9110 §9.2.2.
bool is_idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> kMethods{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

}  // namespace

Relay::Relay(LiveThread& thread, Workspace& space, Connection& client, ReadBuffer& in, const ClientFacts& facts,
             const Course& course, bool marked, Time ends)
    : thread_(thread),
      space_(space),
      client_(client),
      in_(in),
      facts_(facts),
      course_(course),
      marked_(marked),
      // A tick later: what waits no longer than that is still waited for when give_up() is called.
      ends_(ends == Time::max() ? ends : ends + DeadlineClock::kTick),
      idempotent_(is_idempotent(space.request.method)),
      client_http10_(space.request.minor_version == 0),
      // Bytes after a CONNECT that fails were meant for the tunnel: they are no next request.
      client_keeps_(space.request.keep_alive && !course.connect),
      upload_(space, thread.blocks, thread.options.limits.body_bytes),
      download_(space),
      pace_(thread.options.limits.request_rate, thread.options.limits.rate_grace) {
  space_.method = space_.request.method;
}

Task<Next> Relay::run(std::unique_ptr<Tee> tee) {
  tee_ = std::move(tee);
  const RequestHead& head = space_.request;
  const std::string authority = head.host.empty() ? thread_.stable.url().authority() : std::string();
  space_.request_text.clear();
  write_request_head(head,
                     {.client_address = facts_.address,
                      .proto = facts_.proto,
                      .authority = authority,
                      .identity = facts_.identity,
                      .pseudonym = thread_.options.pseudonym,
                      .passes = &thread_.options.passes,
                      .upgrade = course_.upgrade,
                      .keep_mark = marked_},
                     space_.request_text);
  if (tee_) tee_->request_head(head, space_.request_text);
  space_.request_text.append(head.framing == Framing::chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
  upload_.begin(head);
  const std::size_t consumed = upload_.take(in_.unread().substr(head.size));
  if (upload_.cut() != Upload::Cut::none) {
    count_problem();
    co_return co_await conclude();
  }
  if (tee_) tee_->request_payload(space_.request_payload);
  // The spans stay where they are until the next read into `in_`.
  in_.consume(head.size + consumed);
  // Nothing of the request is left in the block: who waits for stable holds none.
  if (in_.empty() && space_.request_payload.empty()) in_.release();
  const Next next = co_await attempt_all();
  if (tee_) tee_->drop(why_not_sampled(next));
  co_return next;
}

DropReason Relay::why_not_sampled(Next next) const {
  if (stop_ == Stop::out_of_time) return DropReason::stream;
  if (stop_ == Stop::aborted) return DropReason::shutdown;
  return next == Next::abort && client_gone_ ? DropReason::client_gone : DropReason::stable_error;
}

// Invariant 7: once more, on a new connection, where a kept one was closed under us.
Task<Next> Relay::attempt_all() {
  Reuse reuse = idempotent_ ? Reuse::quiet : Reuse::young;
  for (;;) {
    Dialed dialed;
    if (reuse != Reuse::none) dialed.connection = thread_.stable.take_idle(reuse);
    if (!dialed.connection) dialed = co_await thread_.stable.acquire(reuse, ends_);
    if (stop_ == Stop::aborted) co_return Next::abort;
    if (stop_ == Stop::out_of_time || dialed.error != ArmError::none) {
      could_not_dial(std::move(dialed));
      co_return co_await conclude();
    }
    upstream_ = std::move(dialed.connection);
    const bool again = co_await exchange(reuse != Reuse::none);
    if (!again) co_return co_await conclude();
    thread_.counters.retries.add();
    reuse = Reuse::none;
  }
}

void Relay::could_not_dial(Dialed dialed) {
  if (stop_ == Stop::out_of_time) return;  // answer_failure() knows
  const bool late = dialed.error == ArmError::timeout;
  if (late) thread_.counters.hit(Limit::connect_timeout);
  if (dialed.busy) thread_.counters.hit(Limit::stable_connections);
  download_.fail({late ? 504 : 503, late ? "stable_connect_timeout" : "stable_unreachable", std::move(dialed.detail)});
}

// The request goes up as it comes, and the response comes down as soon as stable has one, whichever ends first. Each
// direction makes the other's pending operation end where it has to.
Task<bool> Relay::exchange(bool may_repeat) {
  space_.from_stable.clear();
  waiting_.reset();
  write_error_ = {};
  download_.begin();
  const bool all_here = upload_.state() == Upload::State::whole;
  if (upstream_->reused && may_repeat && !all_here) upload_.hold();
  // Stable may have answered and closed before it took what we have: its response is read all the same.
  const bool sent = co_await send_head();
  if (!may_repeat) upload_.let_go();
  if (!sent || all_here) {
    co_await download();
    const bool again = may_repeat && asks_again();
    co_return again;
  }
  if (upload_.held_back())
    waiting_.emplace(thread_.loop.clock, upstream_->stream, thread_.options.limits.continue_timeout);
  Task<> uploading = upload();
  uploading.start();
  co_await download();
  const bool again = may_repeat && asks_again();
  if (!upload_.ended() && !download_.is_complete()) stop_uploading();
  co_await uploading;
  co_return again;
}

// A request that can be carried out twice, and one of which we know that it was not carried out: RFC 9110 §9.2.2 allows
// both, and nothing else.
bool Relay::asks_again() const {
  if (download_.state() != Download::State::lost || !upstream_->reused || stop_ != Stop::none) return false;
  const bool by_stable = upload_.cut() == Upload::Cut::none || upload_.cut() == Upload::Cut::stable_left;
  return by_stable && upload_.repeatable() && (idempotent_ || stable_took_nothing());
}

// Certain only where stable's end came in order: after a reset what it has read may not be acknowledged.
bool Relay::stable_took_nothing() const {
  const Stream& stream = upstream_->stream;
  const bool refused = !write_error_ || write_error_ == boost::asio::error::broken_pipe;
  if (stream.written() == asked_at_) return stream.is_open();
  return download_.ended_in_order() && refused && stream.took_nothing_since(asked_at_);
}

Task<Next> Relay::conclude() {
  if (stop_ == Stop::aborted) co_return Next::abort;
  switch (ending_of(upload_, download_, closes_)) {
    case Ending::tunnel:
      co_return Next::tunnel;
    case Ending::abort:
      co_return Next::abort;
    case Ending::answer_problem: {
      client_keeps_ = false;  // what is left of the body must not be read as a request
      const BodyProblem problem = problem_of(upload_.cut());
      co_return co_await answer(problem.status, problem.reason, problem.detail);
    }
    case Ending::answer_failure:
      co_return co_await answer_failure();
    case Ending::keep:
    case Ending::close:
      break;
  }
  if (upload_.sent() && download_.stable_keeps() && space_.from_stable.empty())
    thread_.stable.release(std::move(upstream_));
  if (!closes_ && upload_.sent()) co_return Next::keep;
  co_return client_is_done() ? Next::part : Next::close;
}

// Who has said `close` must send no more (RFC 9112 §9.6); yet some put a line end behind a body, and closing over bytes
// unread is a reset, which may destroy the response before it is read.
bool Relay::client_is_done() const {
  return !space_.request.keep_alive && !course_.connect && upload_.sent() && in_.empty() && client_.stream.silent();
}

void Relay::abort() {
  if (stop_ == Stop::none) stop_ = Stop::aborted;
  if (upstream_) upstream_->stream.close();
}

// Closing what is waited for ends the wait; answer_failure() knows why it ended.
bool Relay::give_up() {
  stop_ = Stop::out_of_time;
  if (download_.committed()) return false;
  if (upload_.wants_more()) {
    upload_.end(Upload::Cut::too_slow);
    client_.stream.cancel_read();
  }
  if (upstream_) upstream_->stream.close();
  return true;
}

// Not an abort where it has its response: it may have no wish to go on with a body that was answered already.
void Relay::client_left() {
  const bool was_there = !std::exchange(client_gone_, true);
  upload_.end(Upload::Cut::client_left);
  if (was_there && stop_ == Stop::none && !download_.is_complete()) thread_.counters.client_aborts.add();
}

Task<bool> Relay::send_to_client(Sending how) {
  client_.write_deadline.arm(thread_.look_at_reader_after);
  const IoResult sent = co_await client_.stream.write(space_.to_client, how);
  client_.write_deadline.disarm();
  thread_.counters.bytes_to_clients.add(sent.bytes);
  if (sent.error) client_left();
  co_return !sent.error;
}

// The log says what happened; clients are told what kind of failure it was, and nothing of who stands behind us.
Task<Next> Relay::answer_failure() {
  thread_.counters.stable_errors.add();
  StableFailure failure = download_.failure();
  if (stop_ == Stop::out_of_time)
    failure = {504, "exchange_timeout", "the exchange's time was over before stable had answered"};
  thread_.complain(failure.detail);
  const std::string_view told =
      failure.status == 504 ? "stable did not answer in time" : "stable gave no usable response";
  co_return co_await answer(failure.status, failure.reason, told);
}

Task<Next> Relay::answer(int status, std::string_view reason, std::string_view detail) {
  const bool keep = client_keeps_ && !thread_.draining && space_.request_body.done() && status != 400;
  space_.response_text = error_response(status, reason, detail, !keep, thread_.date());
  if (space_.method == "HEAD") space_.response_text.resize(space_.response_text.find("\r\n\r\n") + 4);
  thread_.counters.responses[static_cast<std::size_t>(status / 100)].add();
  space_.to_client.assign({const_buffer(space_.response_text.data(), space_.response_text.size())});
  const bool sent = co_await send_to_client();
  if (!sent) co_return Next::abort;
  co_return keep ? Next::keep : Next::close;
}

}  // namespace truemirror
