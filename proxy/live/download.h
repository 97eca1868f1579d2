// Stable's response on its way to the client: how far it has come, what its bytes call for next, and what went wrong.
// Sans-I/O: bytes and events in, steps and buffers out; relay_download.cc moves the bytes. Promise: what the client
// gets is stable's response or one of ours, never a mix, and a response that is cut off stays cut off.
#pragma once

#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/head_writer.h"
#include "proxy/live/course.h"
#include "proxy/live/upload.h"
#include "proxy/live/workspace.h"

namespace truemirror {

// Why there is no response of stable's. The detail is for the log: clients are told nothing of who stands behind us.
struct StableFailure {
  int status = 502;
  std::string_view reason = "bad_gateway";
  std::string detail;
};

class Download {
 public:
  enum class State : std::uint8_t {
    silent,     // nothing has come on this connection
    heard,      // something has, and no final response
    interim,    // a 1xx is being written to the client
    answering,  // a final response is
    complete,   // all of it was written
    switched,   // neither side speaks HTTP any more
    lost,       // the connection ended before anything came
    failed,     // no response can be had; the client has none, and gets one of ours
    broken      // the client has a part of it, and will get no more
  };
  // What the bytes that have come call for.
  enum class Step : std::uint8_t {
    read,     // more of them
    interim,  // a 1xx goes on, or is dropped
    answer,   // a final response begins
    tunnel,   // neither side speaks HTTP from here on
    give_up   // failure() says why
  };

  explicit Download(Workspace& space) : space_(space) {}

  // Another connection is asked.
  void begin();
  // What the bytes that are unread call for. A 1xx that has been dealt with is consumed by the caller.
  [[nodiscard]] Step look(std::string_view unread, const Course& course, const Upload& upload);
  void heard() {
    if (state_ == State::silent) state_ = State::heard;
  }
  // How the connection ended under a response that was waited for.
  enum class End : std::uint8_t { in_order, broken_off, late };
  void ended(StableFailure why, End how);
  // Whether it was by an orderly end.
  [[nodiscard]] bool ended_in_order() const { return in_order_; }
  void fail(StableFailure why);

  // A 1xx is going to the client, and has gone; `back`: to what it was, for one that stable did not send.
  void begin_interim() { state_ = State::interim; }
  void end_interim(State back = State::heard) { state_ = back; }
  // Makes the final response's head, as text in the workspace, and gets ready for its body.
  void prepare_answer(const ResponseFacts& facts);
  // It is going to the client.
  void begin_answer() { state_ = State::answering; }
  // Takes the body's bytes out of those that have come; returns how many.
  std::size_t take(std::string_view bytes);
  // Appends what is to be written for what was taken last.
  void frame(std::vector<boost::asio::const_buffer>& out);
  // The connection has ended in order. Whether that ends the response as well.
  [[nodiscard]] bool finish() { return space_.response_body.finish(); }
  void complete() { state_ = State::complete; }
  // What it opened is a tunnel.
  void switch_over() { state_ = State::switched; }
  // The client takes no more of it.
  void cut_off() { state_ = State::broken; }

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool is_complete() const { return state_ == State::complete; }
  // Whether the client has some of a response, or is about to: another cannot be given.
  [[nodiscard]] bool committed() const;
  // Whether the connection may carry another exchange, as far as stable has said.
  [[nodiscard]] bool stable_keeps() const { return stable_keeps_; }
  [[nodiscard]] const StableFailure& failure() const { return failure_; }

 private:
  Workspace& space_;
  State state_ = State::silent;
  bool stable_keeps_ = true, in_order_ = false;
  StableFailure failure_;
};

// Whether the response just read ends HTTP on both connections.
[[nodiscard]] bool opens_tunnel(const ResponseHead& head, const Course& course, const Upload& upload);

// Whether the response that has been read is the last on the client's connection. `client_keeps`: the client and we
// would keep it. An early answer of a stable that closes, or has closed, leaves the rest of the request no way to go.
[[nodiscard]] bool answer_closes(bool client_keeps, const Upload& upload, const Download& download);

// How an exchange ends for the client, once neither direction moves any more.
enum class Ending : std::uint8_t {
  tunnel,          // it goes on, without HTTP
  keep,            // both went well: the connection serves the next request
  close,           // the client has its response, and nothing more will follow
  abort,           // it has not: close at once, so that it sees that
  answer_problem,  // it is told what was wrong with its body
  answer_failure   // it is told that stable failed
};
// `closes`: the client has been told that the connection closes.
[[nodiscard]] Ending ending_of(const Upload& upload, const Download& download, bool closes);

}  // namespace truemirror
