// A request's body on its way from the client to stable: how far it has come, what is written next, what can be sent
// again, and what ended it early. Sans-I/O: events in, one state and buffers out; relay_upload.cc moves the bytes.
// Whether there is an answer already does not matter here: a response may come before the request has been read.
#pragma once

#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <string_view>
#include <vector>

#include "proxy/live/held_body.h"
#include "proxy/live/workspace.h"

namespace truemirror {

class Upload {
 public:
  enum class State : std::uint8_t {
    held_back,  // the client waits for 100 Continue, and none of the body has come
    open,       // more of the body is to come
    whole,      // all of it has come, and is not yet written
    sent,       // stable has all of it
    cut         // stable will never have all of it
  };
  // What cut it.
  enum class Cut : std::uint8_t {
    none,
    malformed,    // the client's framing
    too_large,    // for the limit of a body
    too_slow,     // the client, or the exchange as a whole
    client_left,  // or broke off
    stable_left,  // it takes no more
    unanswered    // stable gave no response, and the rest is nobody's
  };

  // Decoder, framer and lists are the workspace's; both outlive this. `most_bytes`: of a body; 0: any number.
  Upload(Workspace& space, BlockPool& blocks, std::uint64_t most_bytes)
      : space_(space), most_bytes_(most_bytes), held_(blocks) {}

  void begin(const RequestHead& head);
  // Takes the body's bytes out of those that have come; returns how many. What they carry is written next, and refers
  // to `bytes`.
  std::size_t take(std::string_view bytes);
  // Appends what is to be written for what was taken last, the end of the body included where it has come.
  void frame(std::vector<boost::asio::const_buffer>& out);
  // It has been written.
  void written();
  // What is to come is the client's to send, and not for stable's word to wait for.
  void continued();
  // The first reason stands; what is sent already stays sent.
  void end(Cut cut);

  // Keeps what is taken, from the bytes that came with the head on. Without it only a request that came whole with its
  // head can be sent again, from where it still lies.
  void hold();
  // A response has begun: nothing is sent again.
  void let_go() { held_.release(), repeatable_ = false; }
  [[nodiscard]] bool repeatable() const { return repeatable_ && (!holds_ || held_.holds_all()); }
  // Appends all that was taken, for another connection.
  void frame_again(std::vector<boost::asio::const_buffer>& out);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Cut cut() const { return cut_; }
  [[nodiscard]] bool sent() const { return state_ == State::sent; }
  [[nodiscard]] bool held_back() const { return state_ == State::held_back; }
  // Whether the client is waited for.
  [[nodiscard]] bool wants_more() const { return !writing_ && (state_ == State::open || state_ == State::held_back); }
  [[nodiscard]] bool writing() const { return writing_; }
  [[nodiscard]] bool ended() const { return state_ == State::sent || state_ == State::cut; }

 private:
  [[nodiscard]] State state_of_body() const;

  Workspace& space_;
  std::uint64_t most_bytes_;
  HeldBody held_;
  State state_ = State::sent;
  Cut cut_ = Cut::none;
  bool expects_ = false;     // the client will wait for 100 Continue
  bool writing_ = false;     // what was taken last is not yet written
  bool holds_ = false;       // copies are kept
  bool repeatable_ = false;  // all of the request that was taken is here
};

// What a client is told whose body is not taken; status 0 where it is told nothing.
struct BodyProblem {
  int status = 0;
  std::string_view reason, detail;
};
[[nodiscard]] BodyProblem problem_of(Upload::Cut cut);

}  // namespace truemirror
