#include "proxy/live/upload.h"

namespace truemirror {

void Upload::begin(const RequestHead& head) {
  space_.request_body.start(head.framing, head.content_length);
  space_.request_framer.start(head.framing == Framing::chunked);
  space_.request_payload.clear();
  expects_ = head.expect_continue;
  writing_ = true;  // the head, at least
  repeatable_ = true;
  state_ = state_of_body();
}

Upload::State Upload::state_of_body() const {
  if (space_.request_body.done()) return State::whole;
  return expects_ && space_.request_body.received() == 0 ? State::held_back : State::open;
}

std::size_t Upload::take(std::string_view bytes) {
  // What lies in the client's buffer is gone with the next bytes.
  if (!writing_ && !holds_) repeatable_ = false;
  space_.request_payload.clear();
  const std::size_t taken = space_.request_body.feed(bytes, space_.request_payload);
  if (taken > 0) expects_ = false;
  writing_ = true;
  state_ = state_of_body();
  if (space_.request_body.failed()) {
    end(Cut::malformed);
  } else if (exceeds(space_.request_body.announced(), most_bytes_)) {
    end(Cut::too_large);  // by its length; a chunked one shows its size chunk by chunk
  } else if (holds_) {
    held_.add(space_.request_payload);
  }
  return taken;
}

void Upload::frame(std::vector<boost::asio::const_buffer>& out) {
  space_.request_framer.frame(space_.request_payload, space_.request_body.done(), space_.request_body.trailers(), out);
}

void Upload::written() {
  writing_ = false;
  if (state_ == State::whole) state_ = State::sent;
}

void Upload::continued() {
  expects_ = false;
  if (state_ == State::held_back) state_ = State::open;
}

void Upload::end(Cut cut) {
  if (ended()) return;
  state_ = State::cut;
  cut_ = cut;
}

void Upload::hold() {
  if (!repeatable_ || holds_) return;
  holds_ = true;
  held_.start();
  held_.add(space_.request_payload);
}

void Upload::frame_again(std::vector<boost::asio::const_buffer>& out) {
  if (holds_) {
    space_.request_payload.clear();
    if (!held_.bytes().empty()) space_.request_payload.push_back(held_.bytes());
  }
  writing_ = true;
  cut_ = Cut::none;
  state_ = state_of_body();
  frame(out);
}

BodyProblem problem_of(Upload::Cut cut) {
  switch (cut) {
    case Upload::Cut::malformed:
      return {400, "bad_request", "malformed chunked body"};
    case Upload::Cut::too_large:
      return {413, "body_too_large", "the body is larger than what is allowed"};
    case Upload::Cut::too_slow:
      return {408, "request_timeout", "the body did not come in time"};
    default:
      return {};
  }
}

}  // namespace truemirror
