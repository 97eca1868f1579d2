// Who takes part in a session that is fuzzed (session_world.h): clients, connections of stable, and the end that
// samples come to. Each is a descriptor and what was said over it.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/live/session.h"
#include "tests/fuzz/fuzz.h"

namespace truemirror {

// A non-blocking descriptor. What does not fit into its buffer is not sent.
class Wire {
 public:
  explicit Wire(int descriptor) : descriptor_(descriptor) { require(descriptor >= 0, "a descriptor"); }
  Wire(Wire&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), ended_(other.ended_) {}
  Wire& operator=(Wire&&) = delete;
  ~Wire() { close(); }

  // How much went.
  std::size_t send(std::string_view bytes) const {
    const ssize_t sent = open() ? ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  // Appends what has come; notes the end. True where there was either.
  bool receive(std::string& into) {
    std::array<char, 16384> block;
    const std::size_t before = into.size();
    while (open() && !ended_) {
      const ssize_t got = ::recv(descriptor_, block.data(), block.size(), MSG_DONTWAIT);
      if (got < 0 && errno == EAGAIN) break;
      if (got <= 0) return ended_ = true;
      into.append(block.data(), static_cast<std::size_t>(got));
    }
    return into.size() > before;
  }
  void finish_sending() const { ::shutdown(descriptor_, SHUT_WR); }
  void close() {
    if (open()) ::close(std::exchange(descriptor_, -1));
  }
  [[nodiscard]] bool open() const { return descriptor_ >= 0; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  bool ended_ = false;
};

// Counts as the pipeline does; a sample is compared as soon as it is handed over.
class CountingSink : public SampleSink {
 public:
  std::unique_ptr<Sample> open(std::string_view method, std::string_view target) override {
    auto sample = std::make_unique<Sample>();
    sample->ticket = ledger.open();
    sample->held = Holding(bytes);
    sample->method = method;
    sample->target = target;
    return sample;
  }
  void hand_over(std::span<std::unique_ptr<Sample>> samples) override {
    for (const auto& sample : samples) {
      require(sample->stable.ok() && sample->stable.status >= 200, "a sample has a final response of stable");
      sample->ticket.compared();
    }
  }
  Ledger ledger;
  ByteBudget bytes{1u << 20};
};

struct FuzzClient {
  FuzzClient(Wire w, std::size_t n) : wire(std::move(w)), number(n) {}
  Wire wire;
  std::size_t number;
  std::unique_ptr<Session> session;
  bool done = false;     // the session has ended
  std::string unsent;    // of a request of the script's
  std::size_t held = 0;  // so many bytes of its end are not to be sent yet
  std::string received;  // and not yet read as messages
  std::vector<int> statuses;
  std::size_t answers = 0;            // final responses, whole
  std::vector<std::string> methods;   // of its requests, as stable saw them; empty where stable did not
  std::vector<std::string> requests;  // of the script's, well-formed: their targets
  bool slow = false;                  // does not read for now
  bool tunnel = false;                // no HTTP any more
  bool closes = false;                // a request said that it is the last
};

// A request whose head stable has seen.
struct FuzzAsked {
  FuzzClient* client = nullptr;
  std::size_t answer = 0;  // which of the client's
  std::string method, target;
};

struct FuzzStable {
  explicit FuzzStable(Wire w) : wire(std::move(w)) {}
  Wire wire;
  std::string received;   // and not yet read as whole requests
  std::size_t whole = 0;  // requests
  std::vector<FuzzAsked> asked;
  std::size_t answered = 0;
  std::string said;  // and not yet read as whole responses
  std::string unsent;
  bool closes = false;    // once all is sent
  bool unclear = false;   // what it said is no strict grammar's: which of its requests it answers is open
  bool switched = false;  // no HTTP any more
  bool poisoned = false;  // it has spoken when nobody had asked
  [[nodiscard]] bool due() const { return answered < asked.size(); }
};

}  // namespace truemirror
