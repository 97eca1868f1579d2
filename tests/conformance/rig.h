// The proxy between a client and three recorders, and one case after another through it: what every side received, held
// against the case and against the strict grammar.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/cases.h"
#include "tests/conformance/recorder.h"
#include "tests/scenarios/proxy.h"

namespace truemirror::conformance {

// What came of one case.
struct Outcome {
  std::string client;      // the bytes that the client received
  std::string comparable;  // the same, whatever the date and wherever chunked bodies were cut
  bool closed = false, reset = false;
  // What is wrong, each in a sentence; empty where all holds.
  std::vector<std::string> problems;
};

class Rig {
 public:
  // `methods`: all that are to be mirrored.
  Rig(bool mirroring, std::vector<std::string> methods);

  // Runs the case and the innocent requests after it.
  [[nodiscard]] Outcome run(const Case& one);
  // Ends the proxy; its accounting closes, or this throws.
  void finish();

 private:
  // What one recorder received during a case.
  struct Received {
    std::vector<std::string> streams;  // one a connection that received something
    std::optional<std::size_t> last;   // the connection that received the last of it
  };

  void check_client(const Case& one, Outcome& out);
  void check_stable(const Case& one, Outcome& out);
  void check_arms(const Case& one, Outcome& out);
  void check_innocents(const Case& one, testing::Socket& client, Outcome& out);
  void ask_innocently(const testing::Socket& client, const char* who, Outcome& out);
  // Waits until stable has the head of a request of this case; false where that takes ten seconds.
  [[nodiscard]] bool stable_has_a_head() const;
  [[nodiscard]] static Received received(const Recorder& recorder, const std::vector<std::string>& before);

  bool mirroring_;
  Recorder stable_, candidate_, control_;
  testing::Proxy proxy_;
  testing::Socket bystander_;  // another client's connection
  std::vector<std::string> stable_before_, candidate_before_, control_before_;
  Received at_stable_;
  std::vector<std::string> methods_asked_;  // by the client, as far as its bytes are requests
  std::vector<Message> forwarded_;          // whole requests that stable received
  int innocents_ = 0;
};

}  // namespace truemirror::conformance
