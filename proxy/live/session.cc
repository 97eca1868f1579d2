#include "proxy/live/session.h"

#include "proxy/http/http2_refusal.h"
#include "proxy/live/course.h"
#include "proxy/live/tunnel.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;

// After an answer that came before the end of a request the rest of it is read for a while, so that the client sees the
// answer and not a reset (RFC 9112 §9.6): as long as it goes on sending, and within reason.
constexpr std::chrono::seconds kLinger{30};
constexpr std::chrono::seconds kLingerDraining{1};
constexpr std::chrono::seconds kLingerSilent{1};

}  // namespace

Session::Session(LiveThread& thread, Stream stream, std::string client_address)
    : thread_(thread),
      client_(std::move(stream), thread.loop.clock),
      reader_(client_, thread.loop.clock, thread.options.limits, thread.counters),
      facts_{.address = std::move(client_address), .proto = "http", .identity = {}},
      ordinal_{thread.next_connection++, 0},
      in_(thread.blocks),
      head_deadline_(thread.loop.clock, give_up_head, this) {
  if (thread.options.limits.exchange_timeout.count() > 0)
    exchange_deadline_.emplace(thread.loop.clock, give_up_exchange, this);
}

// To an HTTP/1.0 client an orderly close may be the end of a body: what was cut off has to look like it.
void Session::abort() {
  if (relay_ != nullptr && space_->request.minor_version == 0) client_.stream.reset_on_close();
  client_.stream.close();
  if (relay_ != nullptr) relay_->abort();
}

// Cancels the read that waits for the rest of a head; unlike a closed socket it can still be answered.
void Session::give_up_head(void* self) { static_cast<Session*>(self)->client_.stream.cancel_read(); }

void Session::give_up_exchange(void* self) {
  Session& session = *static_cast<Session*>(self);
  session.thread_.counters.hit(Limit::exchange_timeout);
  if (session.head_deadline_.armed()) return give_up_head(self);
  if (session.relay_ == nullptr || !session.relay_->give_up()) session.abort();
}

bool Session::finish_soon() {
  if (!idle_) return false;
  if (client_.between_messages) client_.stream.goodbye();
  client_.stream.close();
  return true;
}

Task<> Session::run() {
  thread_.counters.connections.add();
  thread_.counters.open_connections.add();
  co_await serve_all();
  thread_.counters.open_connections.sub();
}

Task<> Session::serve_all() {
  for (;;) {
    const HeadState state = co_await read_head();
    if (state == HeadState::late) {
      thread_.counters.bad_requests.add();
      if (head_deadline_.expired()) thread_.counters.hit(Limit::header_timeout);
      co_await refuse(408, "request_timeout", "the head did not come in time");
    }
    if (state == HeadState::refused) {
      thread_.counters.bad_requests.add();
      count_refusal();
      co_await refuse_head();
    }
    if (state != HeadState::ready) break;
    const Next next = co_await serve();
    if (next == Next::tunnel) break;  // and it has ended
    if (next == Next::abort) {
      // To an HTTP/1.0 client an orderly close may be the end of a body: what was cut off has to look like it.
      if (space_->request.minor_version == 0) client_.stream.reset_on_close();
      break;
    }
    if (next == Next::close) {
      co_await linger();
      break;
    }
    if (next == Next::part) {
      client_.between_messages = true;  // nothing is cut off
      break;
    }
  }
  if (client_.between_messages) client_.stream.goodbye();
  client_.stream.close();
  if (space_) thread_.workspaces.give(std::move(space_));
}

void Session::count_refusal() {
  switch (space_->request_scanner.error()) {
    case HeadError::head_too_large:
      return thread_.counters.hit(Limit::head_bytes);
    case HeadError::too_many_fields:
      return thread_.counters.hit(Limit::header_count);
    case HeadError::target_too_long:
      return thread_.counters.hit(Limit::target_bytes);
    case HeadError::speaks_http2:
      return thread_.counters.http2_clients.add();
    case HeadError::speaks_tls:
      return thread_.counters.tls_clients.add();
    default:
      return;
  }
}

// While it waits, for a request or for the rest of a head, a connection holds no block.
Task<Session::HeadState> Session::read_head() {
  bool begun = false;
  for (;;) {
    if (!in_.empty()) {
      if (!begun) begin_head();
      begun = true;
      const ScanResult scanned = space_->request_scanner.scan(in_.unread(), space_->request);
      if (scanned != ScanResult::need_more) head_deadline_.disarm();
      if (scanned == ScanResult::complete) co_return HeadState::ready;
      if (scanned == ScanResult::error) co_return HeadState::refused;
      in_.park();
    } else {
      client_.between_messages = true;
      if (thread_.draining) co_return HeadState::gone;
      become_idle();
    }
    co_await client_.stream.until_readable();
    const IoResult got = co_await client_.stream.read_some(in_.space());
    if (!got.error) idle_ = client_.between_messages = false;
    if (got.error) head_deadline_.disarm();
    if (got.error && begun && (head_deadline_.expired() || exchange_is_over())) co_return HeadState::late;
    if (got.error && client_.deadline.expired()) thread_.counters.hit(idle_limit());
    if (got.error) co_return HeadState::gone;
    thread_.counters.bytes_from_clients.add(got.bytes);
    in_.commit(got.bytes);
  }
}

// Who connects and says nothing gets no more time than one who is slow to say it.
Limit Session::idle_limit() const { return ordinal_.ordinal == 0 ? Limit::header_timeout : Limit::idle_timeout; }

void Session::begin_head() {
  if (!space_) space_ = thread_.workspaces.take();
  space_->request_scanner.reset();
  arrived_ = std::chrono::steady_clock::now();
  client_.deadline.disarm();
  head_deadline_.arm(thread_.options.limits.header_timeout);
  if (exchange_deadline_) exchange_deadline_->arm(thread_.options.limits.exchange_timeout);
}

void Session::become_idle() {
  in_.release();
  if (space_) thread_.workspaces.give(std::move(space_));
  if (exchange_deadline_) exchange_deadline_->disarm();
  const LiveLimits& limits = thread_.options.limits;
  client_.deadline.arm(idle_limit() == Limit::idle_timeout ? limits.idle_timeout : limits.header_timeout);
  idle_ = true;
}

// Exactly one mark, and a valid one: forged company for it would travel on.
bool Session::carries_mark() const {
  const RequestHead& head = space_->request;
  const auto mark = head.get(KnownHeader::x_truemirror_mark);
  if (!mark || !thread_.marks.valid(*mark)) return false;
  return std::count_if(head.fields.begin(), head.fields.end(),
                       [](const FieldLine& field) { return field.known == KnownHeader::x_truemirror_mark; }) == 1;
}

std::unique_ptr<Tee> Session::sample_it() {
  const RequestHead& head = space_->request;
  if (!thread_.sampler.choose(head.method, head.path)) return nullptr;
  std::unique_ptr<Sample> sample = thread_.sink.open(head.method, head.path);
  if (!sample) return nullptr;
  sample->arrived = arrived_;
  sample->at = std::chrono::system_clock::now();
  sample->connection = ordinal_;
  return std::make_unique<Tee>(thread_.outbox, std::move(sample), thread_.options.copy_limit,
                               thread_.options.sample_timeout);
}

Task<Next> Session::serve() {
  thread_.counters.requests.add();
  ++ordinal_.ordinal;
  const bool client_ends = !space_->request.keep_alive;
  const LiveLimits& limits = thread_.options.limits;
  if (limits.requests_per_connection != 0 && ordinal_.ordinal >= limits.requests_per_connection) {
    thread_.counters.hit(Limit::requests_per_connection);
    space_->request.keep_alive = false;
  }
  if (thread_.buffers.is_over()) {
    thread_.counters.hit(Limit::buffer_bytes);
    co_await refuse(503, "overloaded", "too much is under way; try again soon");
    co_return Next::abort;
  }
  Course course;
  if (is_unusual(space_->request)) {
    course = choose_course(space_->request, thread_.options, thread_.date(), space_->max_forwards);
    if (course.ends_here()) co_return co_await end_here(course);
  }
  const bool marked = carries_mark();
  if (marked) thread_.counters.marked.add();
  const auto ends = exchange_deadline_ ? exchange_deadline_->at() : Relay::Time::max();
  Relay relay(thread_, *space_, client_, in_, facts_, course, marked, ends);
  relay_ = &relay;
  std::unique_ptr<Tee> tee;  // no temporary of a conditional in a co_await: gcc 12 destroys it twice (PR 99576)
  if (!marked && !course.may_tunnel()) tee = sample_it();
  Next next = co_await relay.run(std::move(tee));
  relay_ = nullptr;
  if (next == Next::part && !client_ends) next = Next::close;  // it is we who end, and it may be about to send more
  if (next == Next::tunnel) co_await tunnel(relay.take_upstream());
  co_return next;
}

// Loops, what is refused, and OPTIONS and TRACE that go no further.
Task<Next> Session::end_here(const Course& course) {
  if (course.loop) thread_.counters.loops.add();
  if (course.refused != 0) {
    co_await refuse(course.refused, course.reason, course.detail);
    co_return Next::abort;
  }
  thread_.counters.responses[2].add();
  std::array<asio::const_buffer, 1> buffers{asio::const_buffer(course.answer.data(), course.answer.size())};
  client_.deadline.arm(thread_.options.limits.body_timeout);
  const IoResult sent = co_await client_.stream.write(buffers);
  thread_.counters.bytes_to_clients.add(sent.bytes);
  co_return sent.error ? Next::abort : Next::close;
}

Task<> Session::tunnel(std::unique_ptr<Connection> stable) {
  if (exchange_deadline_) exchange_deadline_->disarm();  // the exchange is over
  Tunnel tunnel(thread_, client_, in_, std::move(stable));
  tunnel.begin(space_->from_stable.unread());
  thread_.workspaces.give(std::move(space_));
  co_await tunnel.run();
}

Task<> Session::refuse(int status, std::string_view reason, std::string_view detail) {
  const std::string text = error_response(status, reason, detail, true, thread_.date());
  thread_.counters.responses[static_cast<std::size_t>(status / 100)].add();
  co_await send_last(text);
}

// Of a head that was not accepted. TLS gets a plain 400, as from nginx: its libraries then say "wrong version number",
// which everybody finds to mean this, where an alert would send people looking among versions and ciphers.
Task<> Session::refuse_head() {
  const HeadError error = space_->request_scanner.error();
  if (error == HeadError::speaks_http2 || error == HeadError::speaks_tls)
    thread_.wrong_protocols.add(facts_.address, to_string(error));
  if (error == HeadError::speaks_http2) co_return co_await send_last(kHttp2Refusal);
  co_await refuse(status_of(error), "bad_request", to_string(error));
}

Task<> Session::send_last(std::string_view text) {
  std::array<asio::const_buffer, 1> buffers{asio::const_buffer(text.data(), text.size())};
  client_.deadline.arm(thread_.options.limits.body_timeout);
  const IoResult sent = co_await client_.stream.write(buffers);
  thread_.counters.bytes_to_clients.add(sent.bytes);
  if (!sent.error) co_await linger();
}

Task<> Session::linger() {
  if (exchange_deadline_) exchange_deadline_->disarm();  // the exchange is over
  client_.stream.shutdown_send();
  in_.consume(in_.unread().size());
  const auto since = thread_.loop.clock.now();
  for (;;) {
    const auto most = thread_.draining ? kLingerDraining : kLinger;
    client_.deadline.arm(std::min<std::chrono::nanoseconds>(kLingerSilent, since + most - thread_.loop.clock.now()));
    in_.release();
    co_await client_.stream.until_readable();
    const IoResult got = co_await client_.stream.read_some(in_.space());
    if (got.error) break;
    thread_.counters.bytes_from_clients.add(got.bytes);
  }
}

}  // namespace truemirror
