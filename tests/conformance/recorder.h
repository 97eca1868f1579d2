// An upstream that keeps every byte it receives, and answers each request that the strict grammar finds in them: with a
// plain 200, with the bytes of a case's script, or, on /innocent/…, with the target as the body. A thread a connection.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/conformance/cases.h"
#include "tests/conformance/grammar.h"
#include "tests/scenarios/socket.h"

namespace truemirror::conformance {

inline constexpr std::string_view kInnocent = "/innocent/";
// What an innocent request gets from the upstream, head and body.
[[nodiscard]] std::string innocent_answer(const std::string& target);

class Recorder {
 public:
  Recorder();
  ~Recorder();
  Recorder(const Recorder&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // How requests are answered from now on; null: with a plain 200.
  void follow(const Case* script);
  // The bytes of each connection since it was opened, in the order of their opening.
  [[nodiscard]] std::vector<std::string> streams() const;
  // Waits until `seen` holds of the streams; false where that takes ten seconds.
  bool wait_until(const std::function<bool(const std::vector<std::string>&)>& seen) const;

 private:
  void accept_loop();
  void serve(testing::Socket& socket, std::size_t index);
  // False: nothing more is answered on this connection.
  bool answer(testing::Socket& socket, const Message& request);

  std::uint16_t port_ = 0;
  testing::Socket listener_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  const Case* script_ = nullptr;
  std::vector<std::string> streams_;
  std::list<testing::Socket> sockets_;
  std::list<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
};

}  // namespace truemirror::conformance
