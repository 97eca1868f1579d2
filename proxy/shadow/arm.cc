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

// Arms keep a connection for a second only: a peer that closes idle ones is then seldom met in the act (invariant 7).
constexpr std::chrono::milliseconds kArmIdle{1'000};
constexpr std::size_t kBlockBytes = 64u << 10;

// A burst may have all requests under way at once: keeping fewer connections than that would open and close the rest
// with every burst, at three times the cost of a request on a kept one.
PoolOptions arm_pool(PoolOptions options, const ShadowOptions& shadow) {
  options.max_idle_time = kArmIdle;
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

}  // namespace

ArmClient::ArmClient(EventLoop& loop, Arm arm, const ArmOptions& options, const ShadowOptions& shadow,
                     const MarkKey& marks, ArmState& state, ByteBudget& bytes)
    : arm_(arm),
      options_(shadow),
      mark_(marks.sign(arm, shadow.run)),
      state_(state),
      bytes_(bytes),
      pool_(loop, arm_pool(options.pool, shadow)),
      block_(std::make_unique_for_overwrite<char[]>(kBlockBytes)) {}

Task<ArmOutcome> ArmClient::ask(const Sample& sample) {
  ArmOutcome out;
  out.held = Holding(bytes_);
  Dialed dialed;
  dialed.connection = pool_.take_idle();
  if (!dialed.connection) dialed = co_await pool_.acquire(Reuse::none);
  const bool connected = dialed.error == ArmError::none;
  if (connected) {
    if (aborted_) dialed.connection->stream.close();  // dialed while the lane was ending
    active_.push_back(dialed.connection.get());
    const bool keep = co_await exchange(sample, *dialed.connection, out);
    std::erase(active_, dialed.connection.get());
    if (keep) pool_.release(std::move(dialed.connection));
  } else {
    fail(out.response, dialed.error, std::move(dialed.detail));
    const Nanoseconds now = Clock::now() - sample.arrived;
    out.response.timing = {now, now, now};
  }
  if (!out.stale) state_.attempted(connected, !out.response.ok(), Clock::now());
  co_return out;
}

Task<bool> ArmClient::exchange(const Sample& sample, Connection& connection, ArmOutcome& out) {
  Response& response = out.response;
  static const HeaderEdits kNoEdits;
  const ArmRoute* route = route_of(options_.routes, sample.target);
  const HeaderEdits& edits = route == nullptr ? kNoEdits : arm_ == Arm::candidate ? route->candidate : route->control;
  const std::string head = arm_request_head(sample, edits, mark_, random_span_id());
  std::array<asio::const_buffer, 2> buffers{asio::const_buffer(head.data(), head.size()),
                                            asio::const_buffer(sample.body.bytes.data(), sample.body.bytes.size())};
  connection.deadline.arm(route != nullptr && route->timeout ? *route->timeout : options_.arm_timeout);
  Timing timing;
  if (!options_.latency_from_arrival) timing.start = Clock::now() - sample.arrived;
  const IoResult sent = co_await connection.stream.write(buffers);
  ResponseReader reader(sample.method);
  BodyCopy copy(options_.copy_limit);
  bool any = false;
  // A peer that answers early and closes may make the write fail: its response is read all the same.
  while (!reader.done() && !reader.failed() && response.ok() && !out.no_room) {
    const IoResult got = co_await connection.stream.read_some(asio::buffer(block_.get(), kBlockBytes));
    if (got.error) {
      const bool ended = got.error == asio::error::eof && !connection.deadline.expired() && reader.finish();
      if (!ended) {
        out.stale = !any && connection.reused && !connection.deadline.expired();
        fail_io(response, connection, sent.error ? sent.error : got.error, sent.error ? "write" : "read");
      }
      break;
    }
    if (!any) timing.first_byte = Clock::now() - sample.arrived;
    any = true;
    reader.feed({block_.get(), got.bytes});
    for (std::string_view span : reader.payload()) {
      out.no_room = out.no_room || !copy.append(span, out.held);
    }
    if (reader.received() > options_.drain_limit) fail(response, ArmError::too_large, "the response body does not end");
  }
  timing.last_byte = Clock::now() - sample.arrived;
  if (!any) timing.first_byte = timing.last_byte;
  if (reader.failed()) fail(response, ArmError::garbage, reader.error());
  const ArmError error = response.error;
  std::string detail = std::move(response.error_detail);
  if (reader.has_head()) response = std::move(reader.response());
  response.error = error;
  response.error_detail = std::move(detail);
  response.body = copy.take();
  if (response.ok()) response.trailers = reader.trailers();
  response.timing = timing;
  co_return response.ok() && !out.no_room && !sent.error && reader.keeps_connection();
}

void ArmClient::abort() {
  aborted_ = true;
  pool_.close();
  for (Connection* connection : active_) connection->stream.close();
}

}  // namespace truemirror
