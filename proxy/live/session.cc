#include "proxy/live/session.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;

// After an error the rest of a request is read for a while, so that the client sees our answer and not a reset
// (RFC 9112 §9.6).
constexpr std::chrono::seconds kLinger{1};
constexpr std::size_t kLingerBytes = 1u << 20;

}  // namespace

Session::Session(LiveThread& thread, Stream stream, std::string client_address)
    : thread_(thread),
      client_(std::move(stream), thread.clock),
      client_address_(std::move(client_address)),
      ordinal_{thread.next_connection++, 0},
      in_(thread.blocks),
      scanner_(thread.options.limits) {}

void Session::finish_soon() {
  if (idle_) client_.stream.close();
}

asio::awaitable<void> Session::run() {
  thread_.counters.connections.add();
  thread_.counters.open_connections.add();
  for (;;) {
    const HeadState state = co_await read_head();
    if (state == HeadState::refused) {
      thread_.counters.bad_requests.add();
      co_await refuse(status_of(scanner_.error()), "bad_request", to_string(scanner_.error()));
    }
    if (state != HeadState::ready) break;
    const Next next = co_await serve();
    if (next == Next::abort) break;
    if (next == Next::close) {
      co_await linger();
      break;
    }
  }
  client_.stream.close();
  thread_.counters.open_connections.sub();
}

asio::awaitable<Session::HeadState> Session::read_head() {
  scanner_.reset();
  bool begun = false;
  for (;;) {
    if (!in_.empty()) {
      if (!begun) {
        begun = true;
        arrived_ = std::chrono::steady_clock::now();
        client_.deadline.arm(thread_.options.header_timeout);
      }
      const ScanResult scanned = scanner_.scan(in_.unread(), head_);
      if (scanned != ScanResult::need_more) client_.deadline.disarm();
      if (scanned == ScanResult::complete) co_return HeadState::ready;
      if (scanned == ScanResult::error) co_return HeadState::refused;
    } else {
      if (thread_.draining) co_return HeadState::gone;
      client_.deadline.arm(thread_.options.idle_timeout);
      idle_ = true;
    }
    const IoResult got = co_await client_.stream.read_some(in_.space());
    idle_ = false;
    if (got.error) co_return HeadState::gone;
    thread_.counters.bytes_from_clients.add(got.bytes);
    in_.commit(got.bytes);
  }
}

std::unique_ptr<Tee> Session::sample_it() {
  const auto mark = head_.get(kMarkHeader);
  if (mark && thread_.marks.valid(*mark)) {
    thread_.counters.marked.add();
    return nullptr;
  }
  if (!thread_.sampler.choose(head_.method, head_.path)) return nullptr;
  std::unique_ptr<Sample> sample = thread_.sink.open(head_.method, head_.path);
  if (!sample) return nullptr;
  sample->arrived = arrived_;
  sample->at = std::chrono::system_clock::now();
  sample->connection = ordinal_;
  return std::make_unique<Tee>(thread_.sink, std::move(sample), thread_.options.copy_limit,
                               thread_.options.sample_timeout);
}

asio::awaitable<Next> Session::serve() {
  thread_.counters.requests.add();
  ++ordinal_.ordinal;
  if (head_.method == "CONNECT") {
    co_await refuse(501, "not_implemented", "CONNECT: this is no tunnel");
    co_return Next::abort;
  }
  Relay relay(thread_, client_, in_, head_, client_address_);
  co_return co_await relay.run(sample_it());
}

asio::awaitable<void> Session::refuse(int status, std::string_view reason, std::string_view detail) {
  const std::string text = error_response(status, reason, detail, true, thread_.date());
  thread_.counters.responses[static_cast<std::size_t>(status / 100)].add();
  std::vector<asio::const_buffer> buffers{asio::const_buffer(text.data(), text.size())};
  client_.deadline.arm(thread_.options.body_timeout);
  const IoResult sent = co_await client_.stream.write(buffers);
  thread_.counters.bytes_to_clients.add(sent.bytes);
  if (!sent.error) co_await linger();
}

asio::awaitable<void> Session::linger() {
  client_.stream.shutdown_send();
  client_.deadline.arm(kLinger);
  std::size_t drained = 0;
  in_.consume(in_.unread().size());
  while (drained < kLingerBytes) {
    const IoResult got = co_await client_.stream.read_some(in_.space());
    if (got.error) break;
    drained += got.bytes;
  }
}

}  // namespace truemirror
