#include "proxy/live/relay.h"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <utility>

namespace truemirror {
namespace {

namespace asio = boost::asio;

constexpr int kMaxInterim = 16;  // 1xx heads before a final response

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
      client_keeps_(space.request.keep_alive),
      client_http10_(space.request.minor_version == 0),
      pace_(thread.options.limits.request_rate, thread.options.limits.rate_grace) {
  space_.method = space_.request.method;
}

Task<Next> Relay::run(std::unique_ptr<Tee> tee) {
  tee_ = std::move(tee);
  // Bytes after a CONNECT that fails were meant for the tunnel: they are no next request.
  if (course_.connect) client_keeps_ = false;
  const RequestHead& head = space_.request;
  const std::string authority = head.host.empty() ? thread_.stable.url().authority() : std::string();
  space_.request_text.clear();
  write_request_head(head,
                     {.client_address = facts_.address,
                      .proto = facts_.proto,
                      .authority = authority,
                      .identity = facts_.identity,
                      .pseudonym = thread_.options.pseudonym,
                      .upgrade = course_.upgrade,
                      .keep_mark = marked_},
                     space_.request_text);
  if (tee_) tee_->request_head(head, space_.request_text);
  space_.request_text.append(head.framing == Framing::chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
  space_.request_body.start(head.framing, head.content_length);
  space_.request_framer.start(head.framing == Framing::chunked);

  space_.request_payload.clear();
  const std::string_view body_bytes = in_.unread().substr(head.size);
  const std::size_t consumed = space_.request_body.feed(body_bytes, space_.request_payload);
  look_at_body();
  if (body_problem_ != nullptr) co_return co_await answer_body_problem();
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
  if (aborted_) return out_of_time_ ? DropReason::stream : DropReason::shutdown;
  return next == Next::abort && client_failed_ ? DropReason::client_gone : DropReason::stable_error;
}

// Invariant 7: once more on a new connection where a kept one was closed under us before any byte of a response, the
// request is idempotent and still whole in our hands.
Task<Next> Relay::attempt_all() {
  const bool whole = space_.request_body.done();
  Reuse reuse = idempotent_ ? Reuse::quiet : Reuse::young;
  for (;;) {
    Dialed dialed;
    if (reuse != Reuse::none) dialed.connection = thread_.stable.take_idle(reuse);
    if (!dialed.connection) dialed = co_await thread_.stable.acquire(reuse, ends_);
    if (out_of_time_) {
      thread_.counters.stable_errors.add();
      co_return co_await answer_failure();
    }
    if (dialed.error != ArmError::none) {
      thread_.counters.stable_errors.add();
      const bool late = dialed.error == ArmError::timeout;
      if (late) thread_.counters.hit(Limit::connect_timeout);
      if (dialed.busy) thread_.counters.hit(Limit::stable_connections);
      note_failure(late ? 504 : 503, late ? "stable_connect_timeout" : "stable_unreachable", std::move(dialed.detail));
      co_return co_await answer_failure();
    }
    upstream_ = std::move(dialed.connection);
    space_.from_stable.clear();
    if (aborted_) co_return Next::abort;
    if (!whole) co_return co_await stream_both();
    HeadOutcome outcome = HeadOutcome::lost_before_any_byte;
    const bool sent = co_await send_request();
    if (sent) outcome = co_await read_response_head();
    if (outcome == HeadOutcome::ready) co_return co_await relay_response();
    const bool lost = outcome == HeadOutcome::lost_before_any_byte && !out_of_time_;
    if (lost) thread_.stable.lost(*upstream_);
    const bool retry = lost && upstream_->reused && idempotent_ && reuse != Reuse::none;
    if (!retry) {
      thread_.counters.stable_errors.add();
      co_return co_await answer_failure();
    }
    thread_.counters.retries.add();
    reuse = Reuse::none;
  }
}

void Relay::abort() {
  aborted_ = true;
  if (upstream_) upstream_->stream.close();
}

void Relay::client_left() {
  if (!std::exchange(client_failed_, true) && !aborted_) thread_.counters.client_aborts.add();
}

void Relay::note_failure(int status, std::string_view reason, std::string detail) {
  failure_status_ = status;
  failure_reason_ = reason;
  failure_detail_ = std::move(detail);
}

void Relay::frame_request(const std::vector<std::string_view>& payload, bool last) {
  space_.request_framer.frame(payload, last, space_.request_body.trailers(), space_.to_stable);
}

// Stable may have answered early and closed: its response is still to be read. Where the connection lives on (there was
// no memory for a segment), stable has half a request, and neither it nor we must wait for the rest.
void Relay::could_not_send(const boost::system::error_code& error) {
  note_failure(502, "stable_reset", "write to stable: " + error.message());
  if (error != asio::error::broken_pipe && error != asio::error::connection_reset) upstream_->stream.close();
}

// The head, and what of the body came with it.
Task<bool> Relay::send_request() {
  space_.to_stable.clear();
  space_.to_stable.emplace_back(space_.request_text.data(), space_.request_text.size());
  frame_request(space_.request_payload, space_.request_body.done());
  if (tee_) tee_->request_sent();
  upstream_->deadline.arm(thread_.options.limits.response_timeout);
  const IoResult sent = co_await upstream_->stream.write(space_.to_stable);
  uploaded_ = !sent.error && space_.request_body.done();
  if (sent.error) could_not_send(sent.error);
  co_return !sent.error;
}

// A request that is not all here yet: its rest goes up while the response may already come down.
Task<Next> Relay::stream_both() {
  // Stable may have answered and closed before it took what we have: its response is read all the same.
  const bool sent = co_await send_request();
  if (!sent) co_return co_await download();
  if (space_.request.expect_continue && space_.request_body.received() == 0)
    waiting_.emplace(thread_.loop.clock, upstream_->stream, thread_.options.limits.continue_timeout);
  // Each makes the other's pending operation end where it has to.
  Task<> uploading = upload();
  uploading.start();
  const Next next = co_await download();
  co_await uploading;
  co_return next;
}

Task<Next> Relay::download() {
  const HeadOutcome outcome = co_await read_response_head();
  Next next = Next::abort;
  if (outcome == HeadOutcome::ready) {
    next = co_await relay_response();
  } else if (body_problem_ != nullptr) {
    next = co_await answer_body_problem();
  } else if (!client_failed_) {
    thread_.counters.stable_errors.add();
    next = co_await answer_failure();
  }
  if (!uploaded_) {
    // The rest of the request is nobody's: end the upload's wait. The session drains a little and closes.
    close_after_ = true;
    client_.stream.cancel_read();
    upstream_->stream.close();
    if (next == Next::keep) next = Next::close;
  }
  co_return next;
}

Task<Relay::HeadOutcome> Relay::read_response_head() {
  ReadBuffer& in = space_.from_stable;
  response_seen_ = false;
  upstream_keeps_ = true;
  space_.response_scanner.reset();
  upstream_->deadline.arm(thread_.options.limits.response_timeout);
  for (int interim = 0;;) {
    const ScanResult scanned =
        in.empty() ? ScanResult::need_more : space_.response_scanner.scan(in.unread(), space_.response, space_.method);
    const bool switches = scanned == ScanResult::complete && space_.response.status == 101;
    if (scanned == ScanResult::error || (switches && !opens_tunnel())) {
      note_failure(
          502, "stable_garbage",
          "stable's response: " + std::string(scanned == ScanResult::error ? to_string(space_.response_scanner.error())
                                                                           : "101 that nobody asked for"));
      co_return HeadOutcome::failed;
    }
    if (scanned == ScanResult::complete) {
      if (space_.response.status >= 200 || switches) co_return HeadOutcome::ready;
      upstream_keeps_ = upstream_keeps_ && space_.response.keep_alive;
      bool goes_on = ++interim <= kMaxInterim;
      if (goes_on) goes_on = co_await forward_interim();
      if (!goes_on) {
        note_failure(502, "stable_garbage", "too many interim responses, or the client left");
        co_return HeadOutcome::failed;
      }
      in.consume(space_.response.size);
      upstream_->deadline.arm(thread_.options.limits.response_timeout);
      continue;
    }
    if (waiting_ && waiting_->is_over()) {
      const bool told = co_await tell_to_continue();
      if (!told) co_return HeadOutcome::failed;
    }
    co_await upstream_->stream.until_readable();
    const IoResult got = co_await upstream_->stream.read_some(in.space());
    if (got.error == asio::error::operation_aborted && upstream_->stream.is_open()) continue;  // waiting_ is over
    if (got.error) {
      const bool late = upstream_->deadline.expired();
      if (late) thread_.counters.hit(Limit::response_timeout);
      note_failure(late ? 504 : 502, late ? "stable_timeout" : "stable_reset",
                   late ? "no response from stable in time" : "read from stable: " + got.error.message());
      co_return !response_seen_ && !late ? HeadOutcome::lost_before_any_byte : HeadOutcome::failed;
    }
    if (!response_seen_ && tee_) tee_->response_begun();
    response_seen_ = true;
    in.commit(got.bytes);
  }
}

ResponseFacts Relay::choose_framing() {
  ResponseFacts facts;
  facts.http10 = client_http10_;
  facts.date = thread_.date();
  facts.pseudonym = thread_.options.pseudonym;
  facts.offers_upgrade = space_.response.status == 426 && !client_http10_ && space_.response.has(KnownHeader::upgrade);
  const bool unsized = space_.response.framing == Framing::chunked || space_.response.framing == Framing::until_close;
  if (unsized) facts.framing = client_http10_ ? ClientFraming::until_close : ClientFraming::chunked;
  // An early no: the rest of the request will not be read.
  const bool cut_short = !uploaded_ && (waiting_ || space_.response.status >= 400);
  facts.close = !client_keeps_ || thread_.draining || cut_short || facts.framing == ClientFraming::until_close;
  return facts;
}

Task<bool> Relay::send_to_client(Sending how) {
  committed_ = true;
  client_.write_deadline.arm(thread_.look_at_reader_after);
  const IoResult sent = co_await client_.stream.write(space_.to_client, how);
  client_.write_deadline.disarm();
  thread_.counters.bytes_to_clients.add(sent.bytes);
  if (sent.error) client_left();
  co_return !sent.error;
}

Task<Next> Relay::relay_response() {
  if (course_.may_tunnel() && opens_tunnel()) co_return co_await open_tunnel();
  ReadBuffer& in = space_.from_stable;
  const ResponseFacts facts = choose_framing();
  waiting_.reset();
  if (tee_) tee_->response_head(space_.response);
  space_.response_text.clear();
  write_response_head(space_.response, facts, space_.response_text);
  space_.response_framer.start(facts.framing == ClientFraming::chunked);
  space_.response_body.start(space_.response.framing, space_.response.content_length);
  upstream_keeps_ = upstream_keeps_ && space_.response.keep_alive;
  if (upstream_keeps_) upstream_->heed(space_.response.keep_alive_terms);
  bool begun = false;
  in.consume(space_.response.size);
  space_.to_client.assign({asio::const_buffer(space_.response_text.data(), space_.response_text.size())});
  for (;;) {
    space_.response_payload.clear();
    in.consume(space_.response_body.feed(in.unread(), space_.response_payload));
    if (space_.response_body.failed()) {
      thread_.counters.stable_errors.add();
      if (begun) co_return Next::abort;
      note_failure(502, "stable_garbage", "stable's response: malformed chunked body");
      co_return co_await answer_failure();
    }
    if (space_.response_body.done() && uploaded_) upstream_->falls_idle();
    if (!std::exchange(begun, true))
      thread_.counters.responses[static_cast<std::size_t>(space_.response.status / 100)].add();
    if (tee_) tee_->response_payload(space_.response_payload);
    space_.response_framer.frame(space_.response_payload, space_.response_body.done(), space_.response_body.trailers(),
                                 space_.to_client);
    const bool last = facts.close && uploaded_ && space_.response_body.done();
    const Sending how = last ? Sending::last : Sending::usual;
    bool sent = true;
    if (!space_.to_client.empty()) sent = co_await send_to_client(how);
    if (!sent) co_return Next::abort;
    if (space_.response_body.done()) break;
    space_.to_client.clear();
    upstream_->deadline.arm(thread_.options.limits.response_timeout);
    if (in.empty()) in.release();
    co_await upstream_->stream.until_readable();
    const IoResult got = co_await upstream_->stream.read_some(in.space());
    if (!got.error) {
      in.commit(got.bytes);
      continue;
    }
    // Closed: the end of a close-delimited body, a truncation of any other, which the client has to see.
    const bool late = upstream_->deadline.expired();
    if (late) thread_.counters.hit(Limit::response_timeout);
    const bool orderly = got.error == asio::error::eof && !late;
    if (!orderly || !space_.response_body.finish()) {
      if (!aborted_) thread_.counters.stable_errors.add();
      co_return Next::abort;
    }
  }
  // A request that stable answered before it was whole cannot be asked again.
  if (tee_ && uploaded_) tee_->response_done(space_.response_body.trailers());
  if (upstream_keeps_ && in.empty() && uploaded_) keep_upstream();
  if (!facts.close) co_return Next::keep;
  co_return client_is_done() ? Next::part : Next::close;
}

// Who has said `close` must send no more (RFC 9112 §9.6); yet some put a line end behind a body, and closing over bytes
// unread is a reset, which may destroy the response before it is read.
bool Relay::client_is_done() const {
  return !space_.request.keep_alive && !course_.connect && uploaded_ && in_.empty() && client_.stream.silent();
}

void Relay::keep_upstream() { thread_.stable.release(std::move(upstream_)); }

// The log says what happened; clients are told what kind of failure it was, and nothing of who stands behind us.
Task<Next> Relay::answer_failure() {
  if (out_of_time_) note_failure(504, "exchange_timeout", "the exchange's time was over before stable had answered");
  thread_.complain(failure_detail_);
  return answer(failure_status_, failure_reason_,
                failure_status_ == 504 ? "stable did not answer in time" : "stable gave no usable response");
}

Task<Next> Relay::answer(int status, std::string_view reason, std::string_view detail) {
  const bool keep = client_keeps_ && !thread_.draining && space_.request_body.done() && status != 400;
  space_.response_text = error_response(status, reason, detail, !keep, thread_.date());
  if (space_.method == "HEAD") space_.response_text.resize(space_.response_text.find("\r\n\r\n") + 4);
  thread_.counters.responses[static_cast<std::size_t>(status / 100)].add();
  space_.to_client.assign({asio::const_buffer(space_.response_text.data(), space_.response_text.size())});
  const bool sent = co_await send_to_client();
  if (!sent) co_return Next::abort;
  co_return keep ? Next::keep : Next::close;
}

}  // namespace truemirror
