// The corpus as values: cases/*.txt, whose format is described in README.md.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace truemirror::conformance {

// What a client does, in order.
struct ClientStep {
  enum class Kind { send, wait, end } kind;
  std::string bytes;  // of send
};

enum class AfterResponse { keep, close, reset };

struct Case {
  std::string name, why;
  int line = 0;
  std::vector<ClientStep> client;
  std::optional<std::string> stable_sends;  // none: a plain 200
  bool stable_is_early = false;             // answers when it has the head
  AfterResponse stable_then = AfterResponse::keep;
  std::optional<std::string> stable_receives, client_receives;
  // The verdict: the final statuses that the client sees, in order, and what becomes of its connection.
  std::vector<int> statuses;
  bool close = false;  // closed after the last of them
  bool cut = false;    // the last response ends early, and the client can tell

  [[nodiscard]] std::string client_bytes() const;
};

// Throws std::runtime_error with file and line where a file does not follow the format.
[[nodiscard]] std::vector<Case> read_cases(const std::filesystem::path& file);
// Every file of the corpus, in order of their names.
[[nodiscard]] std::vector<std::filesystem::path> case_files(const std::filesystem::path& folder);

}  // namespace truemirror::conformance
