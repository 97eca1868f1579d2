// Invariant 9 with the real program: what its report and capture once showed is there, and readable, after a SIGKILL.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>

#include "capture/reader.h"
#include "diff/report/store.h"
#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

// `truemirror serve` as a process of its own on free ports. Killed, not asked to end, when its owner goes.
class Program {
 public:
  Program(const std::string& stable, const std::string& candidate, const std::filesystem::path& folder) {
    int log[2];
    if (::pipe2(log, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const std::string report = (folder / "report").string(), capture = (folder / "capture").string();
    std::vector<const char*> words{TRUEMIRROR_PROGRAM, "serve",        "--stable",    stable.c_str(),  "--candidate",
                                   candidate.c_str(),  "--listen",     "127.0.0.1:0", "--admin",       "127.0.0.1:0",
                                   "--report",         report.c_str(), "--capture",   capture.c_str(), nullptr};
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(log[1], STDERR_FILENO);
      ::execv(words[0], const_cast<char* const*>(words.data()));
      ::_exit(127);
    }
    ::close(log[1]);
    log_ = log[0];
  }
  ~Program() {
    kill();
    ::close(log_);
  }
  Program(const Program&) = delete;

  // The port it says it serves on; 0 where it ends without a word.
  [[nodiscard]] std::uint16_t port() const {
    constexpr std::string_view kBefore = "serving http://127.0.0.1:";
    std::string said;
    for (char byte = 0; ::read(log_, &byte, 1) == 1; said += byte) {
      if (byte != '\n') continue;
      if (const std::size_t at = said.find(kBefore); at != std::string::npos)
        return static_cast<std::uint16_t>(std::stoi(said.substr(at + kBefore.size())));
    }
    ADD_FAILURE() << "it did not start: " << said;
    return 0;
  }

  // True where it was running until now.
  bool kill() {
    if (child_ <= 0) return false;
    ::kill(child_, SIGKILL);
    int status = 0;
    ::waitpid(std::exchange(child_, -1), &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }

 private:
  pid_t child_ = -1;
  int log_ = -1;
};

std::uint64_t compared_in(const std::filesystem::path& report) {
  const auto read = load_report(report);
  return read ? read->totals.compared : 0;
}

// Exchanges that can be read whole; an intact capture is not asked for, as its tail may be in the making.
std::uint64_t captured_in(const std::filesystem::path& capture) {
  auto reader = CaptureReader::open({capture});
  std::uint64_t found = 0;
  CapturedExchange exchange;
  while (reader) {
    const auto more = reader->next(exchange);
    if (!more || !*more) break;
    ++found;
  }
  return found;
}

// Looks again and again; gives up after twenty seconds, so that the test fails and never hangs.
bool comes_true(const std::function<bool()>& condition) {
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > patience) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(Kill, WhatTheReportAndTheCaptureHeldIsThereAfterTheKill) {
  constexpr std::uint64_t kRequests = 50;
  const TemporaryFolder folder;
  const auto report = folder.path() / "report", capture = folder.path() / "capture";
  Upstream stable(always(ok(R"({"total":12.5})")));
  Upstream candidate(always(ok(R"({"total":12.4})")));
  Program program(stable.url(), candidate.url(), folder.path());
  Client client(program.port());
  for (std::uint64_t request = 0; request < kRequests; ++request)
    ASSERT_TRUE(client.get("/orders/" + std::to_string(request)));
  ASSERT_TRUE(comes_true([&] { return compared_in(report) == kRequests; })) << "the report lags for ever";
  ASSERT_TRUE(comes_true([&] { return captured_in(capture) == kRequests; })) << "the capture lags for ever";
  ASSERT_TRUE(client.get("/orders/under-way"));
  ASSERT_TRUE(program.kill());

  const auto left = load_report(report);
  ASSERT_TRUE(left) << left.error().text;
  EXPECT_GE(left->totals.compared, kRequests);
  EXPECT_EQ(left->totals.sampled, left->totals.compared + dropped(left->totals) + left->totals.in_flight);
  ASSERT_EQ(left->findings.size(), 1u);
  EXPECT_EQ(left->findings[0].location, "body/total");
  EXPECT_GE(left->findings[0].candidate_only, kRequests);
  EXPECT_GE(captured_in(capture), kRequests);
}

}  // namespace
}  // namespace truemirror::testing
