#include "proxy/live/download.h"

namespace truemirror {

void Download::begin() {
  state_ = State::silent;
  stable_keeps_ = true;
  in_order_ = false;
  space_.response_scanner.reset();
}

Download::Step Download::look(std::string_view unread, const Course& course, const Upload& upload) {
  if (unread.empty()) return Step::read;
  const ScanResult scanned = space_.response_scanner.scan(unread, space_.response, space_.method);
  if (scanned == ScanResult::need_more) return Step::read;
  if (scanned == ScanResult::error) {
    fail({502, "stable_garbage", "stable's response: " + std::string(to_string(space_.response_scanner.error()))});
    return Step::give_up;
  }
  if (course.may_tunnel() && opens_tunnel(space_.response, course, upload)) return Step::tunnel;
  if (space_.response.status == 101) {
    fail({502, "stable_garbage", "stable's response: 101 that nobody asked for"});
    return Step::give_up;
  }
  stable_keeps_ = stable_keeps_ && space_.response.keep_alive;
  return space_.response.status < 200 ? Step::interim : Step::answer;
}

void Download::ended(StableFailure why, End how) {
  const bool nothing_came = state_ == State::silent && how != End::late;
  in_order_ = how == End::in_order;
  fail(std::move(why));
  if (nothing_came) state_ = State::lost;
}

void Download::fail(StableFailure why) {
  failure_ = std::move(why);
  state_ = committed() ? State::broken : State::failed;
}

bool Download::committed() const {
  switch (state_) {
    case State::interim:
    case State::answering:
    case State::complete:
    case State::switched:
    case State::broken:
      return true;
    default:
      return false;
  }
}

void Download::prepare_answer(const ResponseFacts& facts) {
  space_.response_text.clear();
  write_response_head(space_.response, facts, space_.response_text);
  space_.response_framer.start(facts.framing == ClientFraming::chunked);
  space_.response_body.start(space_.response.framing, space_.response.content_length);
}

std::size_t Download::take(std::string_view bytes) {
  space_.response_payload.clear();
  return space_.response_body.feed(bytes, space_.response_payload);
}

void Download::frame(std::vector<boost::asio::const_buffer>& out) {
  space_.response_framer.frame(space_.response_payload, space_.response_body.done(), space_.response_body.trailers(),
                               out);
}

bool opens_tunnel(const ResponseHead& head, const Course& course, const Upload& upload) {
  if (course.connect) return head.status >= 200 && head.status < 300;
  return head.status == 101 && upload.sent() && !course.upgrade.empty() && grants_upgrade(course, head);
}

bool answer_closes(bool client_keeps, const Upload& upload, const Download& download) {
  const bool cut_short = !upload.sent() && (upload.ended() || !download.stable_keeps());
  return !client_keeps || cut_short;
}

Ending ending_of(const Upload& upload, const Download& download, bool closes) {
  if (download.state() == Download::State::switched) return Ending::tunnel;
  if (download.is_complete()) {
    if (upload.cut() == Upload::Cut::client_left) return Ending::abort;
    return closes || !upload.sent() ? Ending::close : Ending::keep;
  }
  if (download.committed()) return Ending::abort;
  if (problem_of(upload.cut()).status != 0) return Ending::answer_problem;
  return upload.cut() == Upload::Cut::client_left ? Ending::abort : Ending::answer_failure;
}

}  // namespace truemirror
