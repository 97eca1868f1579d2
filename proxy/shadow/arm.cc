#include "proxy/shadow/arm.h"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>

#include "proxy/http/response_reader.h"
#include "proxy/sample/body_copy.h"
#include "proxy/shadow/arm_request.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBlockBytes = 64u << 10;
constexpr std::size_t kKeptBytes = 16u << 10;  // of one workspace

// A burst may have all requests under way at once: keeping fewer connections than that would open and close the rest
// with every burst, at three times the cost of a request on a kept one.
PoolOptions arm_pool(PoolOptions options, const ShadowOptions& shadow) {
  options.max_idle = std::max(options.max_idle, shadow.max_in_flight);
  return options;
}

void fail(Response& response, ArmError error, std::string detail) {
  response.error = error;
  response.error_detail = std::move(detail);
}

// What an I/O error on an established connection says about the arm.
void fail_io(Response& response, const Connection& connection, const boost::system::error_code& error,
             const char* step) {
  if (connection.deadline.expired()) return fail(response, ArmError::timeout, std::string(step) + ": not done in time");
  fail(response, ArmError::reset, std::string(step) + ": " + error.message());
}

// What was read, beside the error that the response may have.
void take_in(Response& response, ResponseReader& reader, Body body) {
  if (reader.has_head()) {
    Response& read = reader.response();
    response.status = read.status;
    response.reason = std::move(read.reason);
    response.headers = std::move(read.headers);
  }
  response.body = std::move(body);
  if (response.ok() && !reader.trailers().empty()) response.trailers = reader.trailers();
}

}  // namespace

ArmClient::ArmClient(EventLoop& loop, Arm arm, const ArmOptions& options, const ShadowOptions& shadow,
                     const MarkKey& marks, ArmState& state, ByteBudget& bytes)
    : arm_(arm),
      options_(shadow),
      routes_(shadow.routes, shadow.arm_timeout),
      mark_(marks.sign(arm, shadow.run)),
      state_(state),
      bytes_(bytes),
      pool_(loop, arm_pool(options.pool, shadow)),
      pace_(loop.clock),
      block_(std::make_unique_for_overwrite<char[]>(kBlockBytes)) {}

// What one exchange needs beside the sample; kept with its memory for the next one.
struct ArmClient::Workspace {
  explicit Workspace(const HeadLimits& heads) : reader("GET", heads) {}
  std::string head, end;  // before the request's body, and behind it
  ResponseReader reader;
};

struct ArmClient::Exchange : Active {
  Exchange(const Sample& of, Response& into, Holding& bytes) : sample(of), response(into), held(bytes) {}

  const Sample& sample;
  Response& response;
  Holding& held;
  Connection* connection = nullptr;
  bool connected = false;
  bool came_too_late = false;  // the arm had closed the connection before anything of the request came
  ArmOutcome outcome;
};

ArmClient::~ArmClient() = default;

std::unique_ptr<ArmClient::Workspace> ArmClient::borrow(std::string_view method) {
  std::unique_ptr<Workspace> workspace;
  if (workspaces_.empty()) {
    workspace = std::make_unique<Workspace>(options_.response_heads);
  } else {
    workspace = std::move(workspaces_.back());
    workspaces_.pop_back();
  }
  workspace->reader.restart(method);
  return workspace;
}

// An unusual exchange leaves nothing behind.
void ArmClient::give_back(std::unique_ptr<Workspace> workspace) {
  if (workspace->head.capacity() + workspace->end.capacity() + workspace->reader.footprint() <= kKeptBytes)
    workspaces_.push_back(std::move(workspace));
}

// Invariant 7: once more where an upstream that closes idle connections cannot be told from one that died of the
// request, and where asking again does no harm. An arm that died does not accept the next connection, or is reset
// again.
Task<ArmOutcome> ArmClient::ask(const Sample& sample, Response& response, Holding& held) {
  Exchange asked(sample, response, held);
  const bool safe = is_safe_method(sample.method);
  const Reuse reuse = safe ? Reuse::quiet : Reuse::young;
  Dialed dialed;
  dialed.connection = pool_.take_idle(reuse);
  if (!dialed.connection) dialed = co_await pool_.acquire(reuse);
  co_await attempt(asked, std::move(dialed));
  if (asked.outcome.stale && safe && !aborted_) {
    state_.asked_again();
    Dialed anew = co_await pool_.acquire(Reuse::none);
    co_await attempt(asked, std::move(anew));
  }
  if (!asked.outcome.stale) state_.attempted(asked.connected, !response.ok());
  co_return asked.outcome;
}

Task<> ArmClient::attempt(Exchange& asked, Dialed dialed) {
  asked.response = {};
  asked.held = Holding(bytes_);
  asked.outcome = {};
  asked.came_too_late = false;
  asked.connected = dialed.error == ArmError::none;
  if (!asked.connected) {
    fail(asked.response, dialed.error, std::move(dialed.detail));
    const Nanoseconds now = Clock::now() - asked.sample.arrived;
    asked.response.timing = {now, now, now};
    co_return;
  }
  if (aborted_) dialed.connection->stream.close();  // dialed while the lane was ending
  asked.connection = dialed.connection.get();
  active_.push_back(asked);
  const bool keep = co_await exchange(asked);
  active_.erase(active_.iterator_to(asked));
  if (asked.came_too_late) pool_.lost(*dialed.connection);
  if (keep) pool_.release(std::move(dialed.connection));
}

Task<bool> ArmClient::exchange(Exchange& exchange) {
  Connection& connection = *exchange.connection;
  const Sample& sample = exchange.sample;
  Response& response = exchange.response;
  ArmOutcome& out = exchange.outcome;
  const ArmRoute& route = routes_.of(sample.target);
  std::unique_ptr<Workspace> workspace = borrow(sample.method);
  ResponseReader& reader = workspace->reader;
  const HeaderEdits& edits = arm_ == Arm::candidate ? route.candidate : route.control;
  write_arm_request_head(sample, edits, mark_, workspace->head);
  out.issued = state_.validators().translate(sample, workspace->head);
  write_arm_request_end(sample, edits, workspace->end);
  std::array<asio::const_buffer, 3> buffers{asio::buffer(workspace->head), asio::buffer(sample.body.bytes),
                                            asio::buffer(workspace->end)};
  connection.deadline.arm(route.timeout.value_or(options_.arm_timeout));
  Timing timing;
  if (!options_.latency_from_arrival) timing.start = Clock::now() - sample.arrived;
  const std::uint64_t before = connection.stream.written();
  const IoResult sent = co_await connection.stream.write(buffers);
  BodyCopy copy(options_.copy_limit);
  bool any = false;
  // A peer that answers early and closes may make the write fail: its response is read all the same.
  while (!reader.done() && !reader.failed() && response.ok() && !out.no_room) {
    const bool drains = copy.truncated();
    if (drains) co_await pace_.turn();
    const IoResult got = co_await connection.stream.read_some(asio::buffer(block_.get(), kBlockBytes));
    if (drains) pace_.spent(got.bytes);
    if (got.error) {
      const bool ended = got.error == asio::error::eof && !connection.deadline.expired() && reader.finish();
      if (!ended) {
        out.stale = !any && connection.reused && !connection.deadline.expired();
        exchange.came_too_late =
            out.stale && got.error == asio::error::eof && connection.stream.took_nothing_since(before);
        fail_io(response, connection, sent.error ? sent.error : got.error, sent.error ? "write" : "read");
      }
      break;
    }
    timing.last_byte = Clock::now() - sample.arrived;
    if (!std::exchange(any, true)) timing.first_byte = timing.last_byte;
    reader.feed({block_.get(), got.bytes});
    // It asks for the body that stable could do without, and that the client never sent: that is its answer.
    if (sample.framing.withheld && reader.told_to_continue() && !reader.has_head()) {
      response.status = 100;
      break;
    }
    for (std::string_view span : reader.payload()) {
      out.no_room = out.no_room || !copy.append(span, exchange.held);
    }
    if (reader.received() > options_.drain_limit) fail(response, ArmError::too_large, "the response body does not end");
  }
  if (!reader.done()) timing.last_byte = Clock::now() - sample.arrived;
  if (!any) timing.first_byte = timing.last_byte;
  if (reader.failed()) fail(response, ArmError::garbage, reader.error());
  take_in(response, reader, copy.take());
  response.timing = timing;
  state_.validators().learn(sample, response);
  connection.heed(reader.keep_alive_terms());
  const bool keep =
      response.ok() && !sample.framing.withheld && !out.no_room && !sent.error && reader.keeps_connection();
  give_back(std::move(workspace));
  co_return keep;
}

void ArmClient::abort() {
  aborted_ = true;
  pool_.close();
  for (const Exchange& exchange : active_) exchange.connection->stream.close();
}

}  // namespace truemirror
