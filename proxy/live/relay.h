// Relays one exchange between a client and stable: streams both ways in constant memory, and feeds the tee where the
// request is sampled. What may happen next is decided by two values, Upload and Download, which know no sockets; here
// bytes are moved as they say. Promise: what the client gets is stable's response or an error of ours, never a mix; a
// response may come before the request has been read, and then the rest of it still goes to stable, as long as stable
// takes it. Lives in its session's coroutine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/live/continue_wait.h"
#include "proxy/live/course.h"
#include "proxy/live/download.h"
#include "proxy/live/live_thread.h"
#include "proxy/live/pace.h"
#include "proxy/live/tee.h"
#include "proxy/live/upload.h"
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
  // What ended the exchange from outside.
  enum class Stop : std::uint8_t { none, aborted, out_of_time };

  // relay.cc: attempts, and how they end.
  Task<Next> attempt_all();
  // One attempt over upstream_. True where it is to be made again.
  Task<bool> exchange(bool may_repeat);
  [[nodiscard]] bool asks_again() const;
  [[nodiscard]] bool stable_took_nothing() const;
  void could_not_dial(Dialed dialed);
  Task<Next> conclude();
  Task<Next> answer_failure();
  Task<Next> answer(int status, std::string_view reason, std::string_view detail);
  Task<bool> send_to_client(Sending how = Sending::usual);
  [[nodiscard]] DropReason why_not_sampled(Next next) const;
  [[nodiscard]] bool client_is_done() const;
  void client_left();

  // relay_upload.cc
  Task<bool> send_head();
  Task<void> upload();
  Task<void> move_body();
  Task<bool> read_body();
  static void stop_reading(void* stream);
  void stop_uploading();
  void could_not_send(const boost::system::error_code& error);
  void count_problem();
  [[nodiscard]] bool is_too_slow(std::chrono::nanoseconds waited, std::size_t bytes, bool late);
  [[nodiscard]] std::chrono::nanoseconds patience() const;
  void note_written();

  // relay_download.cc
  Task<void> download();
  Task<void> relay_answer();
  Task<void> watch_stable();
  Task<void> open_tunnel();
  Task<bool> forward_interim();
  Task<bool> tell_to_continue();
  ResponseFacts choose_framing();
  void stable_ended(const boost::system::error_code& error);
  void answer_is_through();

  LiveThread& thread_;
  Workspace& space_;
  Connection& client_;
  ReadBuffer& in_;
  const ClientFacts& facts_;
  const Course& course_;
  const bool marked_;  // carries one valid shadow mark
  const Time ends_;
  const bool idempotent_, client_http10_;
  bool client_keeps_;  // the connection, for another request
  std::unique_ptr<Tee> tee_;
  std::unique_ptr<Connection> upstream_;
  std::uint64_t asked_at_ = 0;             // bytes written to upstream_ before this request
  boost::system::error_code write_error_;  // of this attempt
  Upload upload_;
  Download download_;
  std::optional<ContinueWait> waiting_;  // for stable's 100, while the client does
  bool spoken_for_ = false;              // the 100 was ours, and stable's own comes too late
  bool closes_ = false;                  // the client has been told that its connection closes
  Pace pace_;
  Stop stop_ = Stop::none;
  bool client_gone_ = false;
};

}  // namespace truemirror
