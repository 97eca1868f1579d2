// Relays one exchange between a client and stable: streams both ways in constant memory, and feeds the tee where the
// request is sampled. Promise: what the client gets is stable's response or an error of ours, never a mix; a response
// that is cut off upstream is cut off for the client. Lives in its session's coroutine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/live/continue_wait.h"
#include "proxy/live/course.h"
#include "proxy/live/live_thread.h"
#include "proxy/live/pace.h"
#include "proxy/live/tee.h"
#include "proxy/live/workspace.h"

namespace truemirror {

// What the session does with the client's connection after an exchange.
enum class Next : std::uint8_t {
  keep,   // read the next request
  close,  // the response is through; close in order, after a while for what the client may still send
  part,   // the same, but the client has asked for the end and sends nothing more: close at once
  abort,  // the response is not: close at once, so that the client sees it
  tunnel  // neither side speaks HTTP any more
};

// Why the rest of a request's body is not taken, and what the client is told.
struct BodyProblem {
  int status;
  std::string_view reason, detail;
};

// Who the client is, as stable is told.
struct ClientFacts {
  std::string address;
  std::string_view proto = "http";
  std::string identity;  // field lines about its certificate (client_identity.h)
};

class Relay {
 public:
  // `client` and `in` are the session's, `course` says what is not relayed as any other; `space.request` is the head,
  // which is the first bytes unread in `in`. `ends`: when give_up() will be called; Time::max(): never.
  using Time = DeadlineClock::Clock::time_point;
  Relay(LiveThread& thread, Workspace& space, Connection& client, ReadBuffer& in, const ClientFacts& facts,
        const Course& course, bool marked, Time ends);

  // Ends the exchange now, whatever it waits for; run() returns soon after.
  void abort();
  // The exchange's time is over: the client gets an error for an answer, soon. False where it has some of a response
  // already: abort() then.
  [[nodiscard]] bool give_up();
  // `tee`: set where the request is sampled; what may become a tunnel is not.
  Task<Next> run(std::unique_ptr<Tee> tee);
  // After Next::tunnel; what stable has sent since its head is in the workspace.
  [[nodiscard]] std::unique_ptr<Connection> take_upstream() { return std::move(upstream_); }

 private:
  // How far reading a response head came.
  enum class HeadOutcome : std::uint8_t { ready, lost_before_any_byte, failed };

  Task<Next> attempt_all();
  Task<bool> send_request();
  Task<void> upload();
  Task<Next> stream_both();
  static void stop_reading(void* stream);
  void judge_pace(std::chrono::nanoseconds waited, std::size_t bytes, bool late);
  void take_body(std::size_t bytes);
  void look_at_body();
  Task<Next> answer_body_problem();
  Task<HeadOutcome> read_response_head();
  Task<bool> forward_interim();
  Task<bool> tell_to_continue();
  Task<Next> download();
  Task<Next> relay_response();
  [[nodiscard]] bool client_is_done() const;
  Task<Next> open_tunnel();
  [[nodiscard]] bool opens_tunnel() const;
  Task<bool> send_to_client(Sending how = Sending::usual);
  Task<Next> answer_failure();
  Task<Next> answer(int status, std::string_view reason, std::string_view detail);

  [[nodiscard]] DropReason why_not_sampled(Next next) const;
  void client_left();
  void could_not_send(const boost::system::error_code& error);
  void note_failure(int status, std::string_view reason, std::string detail);
  void frame_request(const std::vector<std::string_view>& payload, bool last);
  ResponseFacts choose_framing();
  void keep_upstream();

  LiveThread& thread_;
  Workspace& space_;
  Connection& client_;
  ReadBuffer& in_;
  const ClientFacts& facts_;
  const Course& course_;
  bool marked_ = false;  // carries one valid shadow mark
  Time ends_;
  bool out_of_time_ = false;
  bool aborted_ = false;
  bool idempotent_ = false, client_keeps_ = false, client_http10_ = false;
  std::unique_ptr<Tee> tee_;
  std::unique_ptr<Connection> upstream_;
  std::optional<ContinueWait> waiting_;  // the client sends no body yet
  bool told_to_continue_ = false;        // by us
  bool upstream_keeps_ = true;
  bool uploaded_ = false;       // the whole request was sent
  bool client_failed_ = false;  // the client left, or sent a malformed body
  const BodyProblem* body_problem_ = nullptr;
  Pace pace_;
  bool awaits_client_ = false;  // for more of its body
  bool response_seen_ = false;  // any byte came from stable
  bool committed_ = false;      // the client has some of a response, and no other can follow
  bool close_after_ = false;
  int failure_status_ = 502;
  std::string_view failure_reason_ = "bad_gateway";
  std::string failure_detail_;
};

}  // namespace truemirror
