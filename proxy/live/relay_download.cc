// Stable's response on its way to the client: interim heads, the final one and its body, or the switch to a tunnel.
// Part of Relay.
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include "proxy/http/interim_budget.h"
#include "proxy/live/relay.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;
using asio::const_buffer;

}  // namespace

Task<void> Relay::download() {
  ReadBuffer& in = space_.from_stable;
  upstream_->deadline.arm(thread_.options.limits.response_timeout);
  InterimBudget interim;
  for (;;) {
    const Download::Step step = download_.look(in.unread(), course_, upload_);
    if (step == Download::Step::answer) co_return co_await relay_answer();
    if (step == Download::Step::tunnel) co_return co_await open_tunnel();
    if (step == Download::Step::give_up) co_return thread_.counters.hit_by_response(space_.response_scanner.error());
    if (step == Download::Step::interim) {
      if (!interim.take(space_.response.size, thread_.loop.clock.now()))
        co_return download_.fail({502, "stable_garbage", "too many interim responses"});
      const bool went = co_await forward_interim();
      if (!went) co_return;
      in.consume(space_.response.size);
      upstream_->deadline.arm(thread_.options.limits.response_timeout);
      continue;
    }
    if (waiting_ && waiting_->is_over()) {
      const bool told = co_await tell_to_continue();
      if (!told) co_return;
    }
    co_await upstream_->stream.until_readable();
    const IoResult got = co_await upstream_->stream.read_some(in.space());
    if (got.error == asio::error::operation_aborted && upstream_->stream.is_open()) continue;  // waiting_ is over
    if (got.error) co_return stable_ended(got.error);
    if (download_.state() == Download::State::silent) {
      download_.heard();
      upload_.let_go();
      if (tee_) tee_->response_begun();
    }
    in.commit(got.bytes);
  }
}

void Relay::stable_ended(const boost::system::error_code& error) {
  const bool late = upstream_->deadline.expired();
  if (late) thread_.counters.hit(Limit::response_timeout);
  std::string detail = "no response from stable in time";
  if (!late)
    detail = write_error_ ? "write to stable: " + write_error_.message() : "read from stable: " + error.message();
  const bool in_order = !late && (error == asio::error::eof || error == asio::ssl::error::stream_truncated);
  download_.ended({late ? 504 : 502, late ? "stable_timeout" : "stable_reset", std::move(detail)},
                  late       ? Download::End::late
                  : in_order ? Download::End::in_order
                             : Download::End::broken_off);
  // One that had the request and closed says nothing of how long it keeps connections.
  if (download_.state() == Download::State::lost && stable_took_nothing()) thread_.stable.lost(*upstream_);
}

ResponseFacts Relay::choose_framing() {
  ResponseFacts facts;
  facts.http10 = client_http10_;
  facts.date = thread_.date();
  facts.pseudonym = thread_.options.pseudonym;
  facts.offers_upgrade = space_.response.status == 426 && !client_http10_ && space_.response.has(KnownHeader::upgrade);
  const bool unsized = space_.response.framing == Framing::chunked || space_.response.framing == Framing::until_close;
  if (unsized) facts.framing = client_http10_ ? ClientFraming::until_close : ClientFraming::chunked;
  const bool kept = client_keeps_ && !thread_.draining && facts.framing != ClientFraming::until_close;
  facts.close = answer_closes(kept, upload_, download_);
  return facts;
}

Task<void> Relay::relay_answer() {
  ReadBuffer& in = space_.from_stable;
  thread_.counters.stable_answers.add();
  const ResponseFacts facts = choose_framing();
  closes_ = facts.close;
  waiting_.reset();
  if (tee_) tee_->response_head(space_.response);
  download_.prepare_answer(facts);
  if (download_.stable_keeps()) upstream_->heed(space_.response.keep_alive_terms);
  in.consume(space_.response.size);
  space_.to_client.assign({const_buffer(space_.response_text.data(), space_.response_text.size())});
  for (;;) {
    in.consume(download_.take(in.unread()));
    if (space_.response_body.failed()) {
      if (download_.committed()) thread_.counters.stable_errors.add();
      co_return download_.fail({502, "stable_garbage", "stable's response: malformed chunked body"});
    }
    if (space_.response_body.done() && upload_.sent()) upstream_->falls_idle();
    if (!download_.committed())
      thread_.counters.responses[static_cast<std::size_t>(space_.response.status / 100)].add();
    download_.begin_answer();
    if (tee_) tee_->response_payload(space_.response_payload);
    download_.frame(space_.to_client);
    const bool last = facts.close && upload_.sent() && space_.response_body.done();
    const Sending how = last ? Sending::last : Sending::usual;
    bool sent = true;
    if (!space_.to_client.empty()) sent = co_await send_to_client(how);
    if (!sent) co_return download_.cut_off();
    if (space_.response_body.done()) {
      answer_is_through();
      if (!upload_.ended()) co_await watch_stable();
      co_return;
    }
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
    if (!orderly || !download_.finish()) {
      const bool by_us =
          stop_ != Stop::none || (upload_.ended() && !upload_.sent() && upload_.cut() != Upload::Cut::stable_left);
      if (!by_us) thread_.counters.stable_errors.add();
      co_return download_.cut_off();
    }
  }
}

void Relay::answer_is_through() {
  download_.complete();
  if (tee_) tee_->response_done(space_.response_body.trailers());
  if (upload_.ended()) return;
  // The rest of the request goes on to stable as long as stable takes it, at the client's pace.
  if (!upload_.writing()) upstream_->deadline.disarm();
  // The end of the connection is the end of such a response.
  if (client_http10_ && closes_) client_.stream.shutdown_send();
}

// While the rest of the request goes up: where stable ends the connection the client sees that, as it would directly.
// What it still sends goes on as long as stable takes it; a body that was answered in place of 100 Continue stable will
// not have. Ends with the upload, which cancels the read.
Task<void> Relay::watch_stable() {
  ReadBuffer& in = space_.from_stable;
  if (!in.empty()) co_return;  // it has spoken out of turn: the connection is not used again
  in.release();
  co_await upstream_->stream.until_readable();
  const IoResult got = co_await upstream_->stream.read_some(in.space());
  in.commit(got.bytes);  // nobody's response: the connection is not used again
  if (!got.error || got.error == asio::error::operation_aborted || upload_.ended()) co_return;
  closes_ = true;
  client_.stream.shutdown_send();
  if (upload_.held_back()) {
    if (tee_) tee_->request_withheld();
    upload_.end(Upload::Cut::stable_left);
  }
  client_.stream.cancel_read();  // it is waited for less long from here on
}

// Part of the way a response takes, but of the request's, too: a 100 has the client go on.
Task<bool> Relay::forward_interim() {
  if (client_http10_) co_return true;  // RFC 9110 §15.2: not to HTTP/1.0 clients
  if (space_.response.status == 100) {
    waiting_.reset();
    upload_.continued();
    if (spoken_for_) co_return true;
  }
  space_.response_text.clear();
  write_interim_head(space_.response, space_.response_text);
  space_.to_client.assign({const_buffer(space_.response_text.data(), space_.response_text.size())});
  download_.begin_interim();
  const bool sent = co_await send_to_client();
  sent ? download_.end_interim() : download_.cut_off();
  co_return sent;
}

Task<bool> Relay::tell_to_continue() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  waiting_.reset();
  upload_.continued();
  spoken_for_ = true;
  const Download::State before = download_.state();
  space_.to_client.assign({const_buffer(kContinue.data(), kContinue.size())});
  download_.begin_interim();
  const bool sent = co_await send_to_client();
  sent ? download_.end_interim(before) : download_.cut_off();
  co_return sent;
}

Task<void> Relay::open_tunnel() {
  space_.response_text.clear();
  write_interim_head(space_.response, space_.response_text);  // RFC 9110 §9.3.6: a 2xx to CONNECT frames no body either
  thread_.counters.responses[static_cast<std::size_t>(space_.response.status / 100)].add();
  space_.from_stable.consume(space_.response.size);
  space_.to_client.assign({const_buffer(space_.response_text.data(), space_.response_text.size())});
  download_.begin_answer();
  const bool sent = co_await send_to_client();
  sent ? download_.switch_over() : download_.cut_off();
}

}  // namespace truemirror
