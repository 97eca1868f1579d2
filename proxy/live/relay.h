// Relays one exchange between a client and stable: streams both ways in constant memory, and feeds the tee where the
// request is sampled. Promise: what the client gets is stable's response or an error of ours, never a mix; a response
// that is cut off upstream is cut off for the client. Lives in its session's coroutine.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/live/live_thread.h"
#include "proxy/live/tee.h"
#include "proxy/live/workspace.h"

namespace truemirror {

// What the session does with the client's connection after an exchange.
enum class Next : std::uint8_t {
  keep,   // read the next request
  close,  // the response is through; close in order
  abort   // the response is not: close at once, so that the client sees it
};

class Relay {
 public:
  // `client` and `in` are the session's; `space.request` is the head, which is the first bytes unread in `in`.
  Relay(LiveThread& thread, Workspace& space, Connection& client, ReadBuffer& in, std::string_view client_address,
        bool marked);

  // Ends the exchange now, whatever it waits for; run() returns soon after.
  void abort();
  // `tee`: set where the request is sampled.
  Task<Next> run(std::unique_ptr<Tee> tee);

 private:
  // How far reading a response head came.
  enum class HeadOutcome : std::uint8_t { ready, lost_before_any_byte, failed };

  Task<Next> attempt_all();
  Task<bool> send_request();
  Task<void> upload();
  Task<Next> stream_both();
  Task<HeadOutcome> read_response_head();
  Task<bool> forward_interim();
  Task<Next> download();
  Task<Next> relay_response();
  Task<bool> send_to_client();
  Task<Next> answer_failure();
  Task<Next> answer(int status, std::string_view reason, std::string_view detail);

  void client_left();
  void note_failure(int status, std::string_view reason, std::string detail);
  void frame_request(const std::vector<std::string_view>& payload, bool last);
  ResponseFacts choose_framing();
  void keep_upstream();

  LiveThread& thread_;
  Workspace& space_;
  Connection& client_;
  ReadBuffer& in_;
  std::string_view client_address_;
  bool marked_ = false;  // carries one valid shadow mark
  bool aborted_ = false;
  bool idempotent_ = false, client_keeps_ = false, client_http10_ = false;
  std::unique_ptr<Tee> tee_;
  std::unique_ptr<Connection> upstream_;
  bool uploaded_ = false;       // the whole request was sent
  bool client_failed_ = false;  // the client left, or sent a malformed body
  bool bad_body_ = false;
  bool response_seen_ = false;  // any byte came from stable
  bool close_after_ = false;
  int failure_status_ = 502;
  std::string_view failure_reason_ = "bad_gateway";
  std::string failure_detail_;
};

}  // namespace truemirror
