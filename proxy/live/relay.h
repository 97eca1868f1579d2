// Relays one exchange between a client and stable: streams both ways in constant memory, and feeds the tee where the
// request is sampled. Promise: what the client gets is stable's response or an error of ours, never a mix; a response
// that is cut off upstream is cut off for the client. Lives in its session's coroutine.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/body_decoder.h"
#include "proxy/http/head_scanner.h"
#include "proxy/live/body_framer.h"
#include "proxy/live/live_thread.h"
#include "proxy/live/read_buffer.h"
#include "proxy/live/tee.h"

namespace truemirror {

// What the session does with the client's connection after an exchange.
enum class Next : std::uint8_t {
  keep,   // read the next request
  close,  // the response is through; close in order
  abort   // the response is not: close at once, so that the client sees it
};

class Relay {
 public:
  // `client` and `in` are the session's; the first `head.size` bytes unread in `in` are the head.
  Relay(LiveThread& thread, Connection& client, ReadBuffer& in, const RequestHead& head,
        std::string_view client_address, bool marked);

  // Ends the exchange now, whatever it waits for; run() returns soon after.
  void abort();
  // `tee`: set where the request is sampled.
  boost::asio::awaitable<Next> run(std::unique_ptr<Tee> tee);

 private:
  // How far reading a response head came.
  enum class HeadOutcome : std::uint8_t { ready, lost_before_any_byte, failed };

  boost::asio::awaitable<Next> attempt_all();
  boost::asio::awaitable<bool> send_request();
  boost::asio::awaitable<void> upload();
  boost::asio::awaitable<Next> stream_both();
  boost::asio::awaitable<HeadOutcome> read_response_head();
  boost::asio::awaitable<bool> forward_interim();
  boost::asio::awaitable<Next> download();
  boost::asio::awaitable<Next> relay_response();
  boost::asio::awaitable<bool> send_to_client();
  boost::asio::awaitable<Next> answer_failure();
  boost::asio::awaitable<Next> answer(int status, std::string_view reason, std::string_view detail);

  void client_left();
  void note_failure(int status, std::string_view reason, std::string detail);
  void frame_request(const std::vector<std::string_view>& payload, bool last);
  ResponseFacts choose_framing();
  void keep_upstream();

  LiveThread& thread_;
  Connection& client_;
  ReadBuffer& in_;
  const RequestHead& head_;
  std::string_view client_address_;
  bool marked_ = false;  // carries one valid shadow mark
  bool aborted_ = false;
  std::string method_;  // the head's spans die once more of the body is read
  bool idempotent_ = false, client_keeps_ = false, client_http10_ = false;
  std::unique_ptr<Tee> tee_;

  BodyDecoder request_body_;
  BodyFramer request_framer_, response_framer_;
  std::string request_head_, response_head_text_;
  std::vector<std::string_view> request_payload_, response_payload_;
  std::vector<boost::asio::const_buffer> to_upstream_, to_client_;
  bool uploaded_ = false;       // the whole request was sent
  bool client_failed_ = false;  // the client left, or sent a malformed body
  bool bad_body_ = false;

  std::unique_ptr<Connection> upstream_;
  std::unique_ptr<ReadBuffer> from_upstream_;
  HeadScanner response_scanner_;
  ResponseHead response_;
  BodyDecoder response_body_;
  bool response_begun_ = false;  // bytes of a final response have gone to the client
  bool response_seen_ = false;   // any byte came from stable
  bool close_after_ = false;
  int failure_status_ = 502;
  std::string_view failure_reason_ = "bad_gateway";
  std::string failure_detail_;
};

}  // namespace truemirror
