#include "proxy/live/relay.h"

#include <array>
#include <boost/asio/experimental/awaitable_operators.hpp>

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

Relay::Relay(LiveThread& thread, Connection& client, ReadBuffer& in, const RequestHead& head,
             std::string_view client_address, bool marked)
    : thread_(thread),
      client_(client),
      in_(in),
      head_(head),
      client_address_(client_address),
      marked_(marked),
      method_(head.method),
      idempotent_(is_idempotent(head.method)),
      client_keeps_(head.keep_alive),
      client_http10_(head.minor_version == 0),
      response_scanner_(HeadLimits{.max_head_bytes = BlockPool::kBlockBytes / 2, .max_fields = 256}) {}

asio::awaitable<Next> Relay::run(std::unique_ptr<Tee> tee) {
  tee_ = std::move(tee);
  const std::string authority = head_.host.empty() ? thread_.stable.url().authority() : std::string();
  write_request_head(head_,
                     {.client_address = client_address_, .proto = "http", .authority = authority, .keep_mark = marked_},
                     request_head_);
  if (tee_) tee_->request_head(head_, request_head_);
  request_head_.append(head_.framing == Framing::chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
  request_body_.start(head_.framing, head_.content_length);
  request_framer_.start(head_.framing == Framing::chunked);

  const std::string_view body_bytes = in_.unread().substr(head_.size);
  const std::size_t consumed = request_body_.feed(body_bytes, request_payload_);
  if (request_body_.failed()) co_return co_await answer(400, "bad_request", "malformed chunked body");
  if (tee_) tee_->request_payload(request_payload_);
  // The spans stay where they are until the next read into `in_`.
  in_.consume(head_.size + consumed);
  const Next next = co_await attempt_all();
  if (tee_) tee_->drop(next == Next::abort && client_failed_ ? DropReason::client_gone : DropReason::stable_error);
  co_return next;
}

// Invariant 7: once more on a new connection where a kept one was closed under us before any byte of a response, the
// request is idempotent and still whole in our hands.
asio::awaitable<Next> Relay::attempt_all() {
  const bool whole = request_body_.done();
  Reuse reuse = Reuse::quiet;
  for (;;) {
    Dialed dialed = co_await thread_.stable.acquire(reuse);
    if (dialed.error != ArmError::none) {
      thread_.counters.stable_errors.add();
      const bool late = dialed.error == ArmError::timeout;
      note_failure(late ? 504 : 503, late ? "stable_connect_timeout" : "stable_unreachable", std::move(dialed.detail));
      co_return co_await answer_failure();
    }
    upstream_ = std::move(dialed.connection);
    if (aborted_) co_return Next::abort;
    if (!whole) co_return co_await stream_both();
    HeadOutcome outcome = HeadOutcome::lost_before_any_byte;
    if (co_await send_request()) outcome = co_await read_response_head();
    if (outcome == HeadOutcome::ready) co_return co_await relay_response();
    const bool retry =
        outcome == HeadOutcome::lost_before_any_byte && upstream_->reused && idempotent_ && reuse != Reuse::none;
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
  if (!std::exchange(client_failed_, true)) thread_.counters.client_aborts.add();
}

void Relay::note_failure(int status, std::string_view reason, std::string detail) {
  failure_status_ = status;
  failure_reason_ = reason;
  failure_detail_ = std::move(detail);
}

void Relay::frame_request(const std::vector<std::string_view>& payload, bool last) {
  request_framer_.frame(payload, last, request_body_.trailers(), to_upstream_);
}

// The head, and what of the body came with it.
asio::awaitable<bool> Relay::send_request() {
  to_upstream_.clear();
  to_upstream_.emplace_back(request_head_.data(), request_head_.size());
  frame_request(request_payload_, request_body_.done());
  if (tee_) tee_->request_sent();
  upstream_->deadline.arm(thread_.options.response_timeout);
  const IoResult sent = co_await upstream_->stream.write(to_upstream_);
  uploaded_ = !sent.error && request_body_.done();
  if (sent.error) note_failure(502, "stable_reset", "write to stable: " + sent.error.message());
  co_return !sent.error;
}

// A request that is not all here yet: its rest goes up while the response may already come down.
asio::awaitable<Next> Relay::stream_both() {
  using namespace asio::experimental::awaitable_operators;
  // Stable may have answered and closed before it took what we have: its response is read all the same.
  if (!co_await send_request()) co_return co_await download();
  // Neither throws; each makes the other's pending operation end where it has to (see upload() and download()).
  co_return co_await (upload() && download());
}

asio::awaitable<void> Relay::upload() {
  while (!request_body_.done()) {
    client_.deadline.arm(thread_.options.body_timeout);
    const IoResult got = co_await client_.stream.read_some(in_.space());
    client_.deadline.disarm();
    if (close_after_) co_return;  // download() has ended and does not wait for the rest
    if (got.error) {
      client_left();
      upstream_->stream.close();
      co_return;
    }
    thread_.counters.bytes_from_clients.add(got.bytes);
    in_.commit(got.bytes);
    request_payload_.clear();
    in_.consume(request_body_.feed(in_.unread(), request_payload_));
    if (request_body_.failed()) {
      bad_body_ = true;
      upstream_->stream.close();
      co_return;
    }
    if (tee_) tee_->request_payload(request_payload_);
    to_upstream_.clear();
    frame_request(request_payload_, request_body_.done());
    upstream_->deadline.arm(thread_.options.response_timeout);
    const IoResult sent = co_await upstream_->stream.write(to_upstream_);
    if (sent.error) co_return;  // stable may have answered early and closed: its response is still to be read
  }
  uploaded_ = true;
}

asio::awaitable<Next> Relay::download() {
  const HeadOutcome outcome = co_await read_response_head();
  Next next = Next::abort;
  if (outcome == HeadOutcome::ready) {
    next = co_await relay_response();
  } else if (bad_body_) {
    next = co_await answer(400, "bad_request", "malformed chunked body");
  } else if (!client_failed_) {
    thread_.counters.stable_errors.add();
    next = co_await answer_failure();
  }
  if (!uploaded_) {
    // The rest of the request is nobody's: end the upload's wait. The session drains a little and closes.
    close_after_ = true;
    boost::system::error_code ignored;  // a socket that is closed already has nothing pending
    client_.stream.socket().cancel(ignored);
    upstream_->stream.close();
    if (next == Next::keep) next = Next::close;
  }
  co_return next;
}

asio::awaitable<Relay::HeadOutcome> Relay::read_response_head() {
  if (!from_upstream_) from_upstream_ = std::make_unique<ReadBuffer>(thread_.blocks);
  ReadBuffer& in = *from_upstream_;
  response_seen_ = false;
  response_scanner_.reset();
  for (int interim = 0;;) {
    const ScanResult scanned =
        in.empty() ? ScanResult::need_more : response_scanner_.scan(in.unread(), response_, method_);
    if (scanned == ScanResult::error || (scanned == ScanResult::complete && response_.status == 101)) {
      note_failure(
          502, "stable_garbage",
          "stable's response: " + std::string(scanned == ScanResult::error ? to_string(response_scanner_.error())
                                                                           : "101 that nobody asked for"));
      co_return HeadOutcome::failed;
    }
    if (scanned == ScanResult::complete) {
      if (response_.status >= 200) co_return HeadOutcome::ready;
      if (++interim > kMaxInterim || !co_await forward_interim()) {
        note_failure(502, "stable_garbage", "too many interim responses, or the client left");
        co_return HeadOutcome::failed;
      }
      in.consume(response_.size);
      continue;
    }
    upstream_->deadline.arm(thread_.options.response_timeout);
    const IoResult got = co_await upstream_->stream.read_some(in.space());
    if (got.error) {
      const bool late = upstream_->deadline.expired();
      note_failure(late ? 504 : 502, late ? "stable_timeout" : "stable_reset",
                   late ? "no response from stable in time" : "read from stable: " + got.error.message());
      co_return !response_seen_ && !late ? HeadOutcome::lost_before_any_byte : HeadOutcome::failed;
    }
    if (!response_seen_ && tee_) tee_->response_begun();
    response_seen_ = true;
    in.commit(got.bytes);
  }
}

asio::awaitable<bool> Relay::forward_interim() {
  if (client_http10_) co_return true;  // RFC 9110 §15.2: not to HTTP/1.0 clients
  response_head_text_.clear();
  write_interim_head(response_, response_head_text_);
  to_client_.assign({asio::const_buffer(response_head_text_.data(), response_head_text_.size())});
  co_return co_await send_to_client();
}

ResponseFacts Relay::choose_framing() {
  ResponseFacts facts;
  facts.http10 = client_http10_;
  facts.date = thread_.date();
  const bool unsized = response_.framing == Framing::chunked || response_.framing == Framing::until_close;
  if (unsized) facts.framing = client_http10_ ? ClientFraming::until_close : ClientFraming::chunked;
  facts.close = !client_keeps_ || thread_.draining || facts.framing == ClientFraming::until_close;
  return facts;
}

asio::awaitable<bool> Relay::send_to_client() {
  client_.write_deadline.arm(thread_.options.body_timeout);
  const IoResult sent = co_await client_.stream.write(to_client_);
  client_.write_deadline.disarm();
  thread_.counters.bytes_to_clients.add(sent.bytes);
  if (sent.error) client_left();
  co_return !sent.error;
}

asio::awaitable<Next> Relay::relay_response() {
  ReadBuffer& in = *from_upstream_;
  const ResponseFacts facts = choose_framing();
  if (tee_) tee_->response_head(response_);
  response_head_text_.clear();
  write_response_head(response_, facts, response_head_text_);
  response_framer_.start(facts.framing == ClientFraming::chunked);
  response_body_.start(response_.framing, response_.content_length);
  thread_.counters.responses[static_cast<std::size_t>(response_.status / 100)].add();
  const bool upstream_keeps = response_.keep_alive;
  in.consume(response_.size);
  to_client_.assign({asio::const_buffer(response_head_text_.data(), response_head_text_.size())});
  response_begun_ = true;
  for (;;) {
    response_payload_.clear();
    in.consume(response_body_.feed(in.unread(), response_payload_));
    if (response_body_.failed()) co_return Next::abort;
    if (tee_) tee_->response_payload(response_payload_);
    response_framer_.frame(response_payload_, response_body_.done(), response_body_.trailers(), to_client_);
    if (!to_client_.empty() && !co_await send_to_client()) co_return Next::abort;
    if (response_body_.done()) break;
    to_client_.clear();
    upstream_->deadline.arm(thread_.options.response_timeout);
    const IoResult got = co_await upstream_->stream.read_some(in.space());
    if (!got.error) {
      in.commit(got.bytes);
      continue;
    }
    // Closed: the end of a close-delimited body, a truncation of any other, which the client has to see.
    const bool orderly = got.error == asio::error::eof && !upstream_->deadline.expired();
    if (!orderly || !response_body_.finish()) {
      thread_.counters.stable_errors.add();
      co_return Next::abort;
    }
  }
  if (tee_) tee_->response_done(response_body_.trailers());
  if (upstream_keeps && in.empty() && uploaded_) keep_upstream();
  co_return facts.close ? Next::close : Next::keep;
}

void Relay::keep_upstream() { thread_.stable.release(std::move(upstream_)); }

// The log says what happened; clients are told what kind of failure it was, and nothing of who stands behind us.
asio::awaitable<Next> Relay::answer_failure() {
  thread_.complain(failure_detail_);
  return answer(failure_status_, failure_reason_,
                failure_status_ == 504 ? "stable did not answer in time" : "stable gave no usable response");
}

asio::awaitable<Next> Relay::answer(int status, std::string_view reason, std::string_view detail) {
  const bool keep = client_keeps_ && !thread_.draining && request_body_.done() && status != 400;
  response_head_text_ = error_response(status, reason, detail, !keep, thread_.date());
  if (method_ == "HEAD") response_head_text_.resize(response_head_text_.find("\r\n\r\n") + 4);
  thread_.counters.responses[static_cast<std::size_t>(status / 100)].add();
  to_client_.assign({asio::const_buffer(response_head_text_.data(), response_head_text_.size())});
  if (!co_await send_to_client()) co_return Next::abort;
  co_return keep ? Next::keep : Next::close;
}

}  // namespace truemirror
