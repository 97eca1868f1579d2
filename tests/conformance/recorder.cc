#include "tests/conformance/recorder.h"

#include <chrono>
#include <utility>

namespace truemirror::conformance {
namespace {

std::string plain(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string without_body(const std::string& response) { return response.substr(0, response.find("\r\n\r\n") + 4); }

// The head of a request whose body is still to come, as far as a scripted answer needs it.
bool head_is_there(std::string_view unanswered) { return unanswered.find("\r\n\r\n") != std::string_view::npos; }

}  // namespace

std::string innocent_answer(const std::string& target) { return plain(target); }

Recorder::Recorder() : listener_(testing::Socket::listen(port_)), acceptor_([this] { accept_loop(); }) {}

Recorder::~Recorder() {
  stopping_ = true;
  listener_.shutdown_both();
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (testing::Socket& socket : sockets_) {
      if (socket.valid()) socket.shutdown_both();
    }
  }
  for (std::thread& thread : threads_) thread.join();
}

void Recorder::accept_loop() {
  while (!stopping_) {
    testing::Socket accepted = listener_.accept();
    if (!accepted.valid()) continue;
    const std::lock_guard lock(mutex_);
    testing::Socket& socket = sockets_.emplace_back(std::move(accepted));
    const std::size_t index = streams_.size();
    streams_.emplace_back();
    threads_.emplace_back([this, &socket, index] { serve(socket, index); });
  }
}

void Recorder::serve(testing::Socket& socket, std::size_t index) {
  std::string unanswered;
  bool answered_early = false;
  bool answering = true;
  for (std::string bytes = socket.receive(); !bytes.empty(); bytes = socket.valid() ? socket.receive() : "") {
    const Case* script = nullptr;
    {
      const std::lock_guard lock(mutex_);
      streams_[index] += bytes;
      script = script_;
    }
    changed_.notify_all();
    if (!answering) continue;  // the rest is recorded, so that a close is no reset
    unanswered += bytes;
    const Reading reading = read_requests(unanswered);
    if (!reading.ok() && !reading.ran_out) break;  // whoever judges the stream will see it
    for (const Message& request : reading.messages) {
      if (answering && !std::exchange(answered_early, false)) answering = answer(socket, request);
    }
    unanswered.erase(0, reading.consumed);
    if (answering && script != nullptr && script->stable_is_early && !answered_early && head_is_there(unanswered)) {
      answered_early = true;
      answering = answer(socket, Message{});
    }
  }
  const std::lock_guard lock(mutex_);
  socket.close();
}

bool Recorder::answer(testing::Socket& socket, const Message& request) {
  if (request.target.starts_with(kInnocent)) return socket.send(plain(request.target));
  const Case* script = nullptr;
  {
    const std::lock_guard lock(mutex_);
    script = script_;
  }
  if (script == nullptr || !script->stable_sends) {
    const std::string response = plain("ok");
    socket.send(request.method == "HEAD" ? without_body(response) : response);
  } else {
    socket.send(*script->stable_sends);
  }
  if (script == nullptr || script->stable_then == AfterResponse::keep) return true;
  if (script->stable_then == AfterResponse::close) socket.shutdown_send();
  if (script->stable_then == AfterResponse::reset) {
    socket.reset_on_close();
    socket.close();
  }
  return false;
}

void Recorder::follow(const Case* script) {
  const std::lock_guard lock(mutex_);
  script_ = script;
}

std::vector<std::string> Recorder::streams() const {
  const std::lock_guard lock(mutex_);
  return streams_;
}

bool Recorder::wait_until(const std::function<bool(const std::vector<std::string>&)>& seen) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return seen(streams_); });
}

}  // namespace truemirror::conformance
