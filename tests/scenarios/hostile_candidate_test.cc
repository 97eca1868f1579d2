// Invariant 1 over real sockets, one scenario for each way in which a candidate may be hostile: concurrent clients, all
// of their requests mirrored, get the bytes that they get beside a healthy candidate, and every sample is accounted
// for. How fast they get them is measured by bench/isolation.py.
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

constexpr int kClients = 4;
constexpr int kRequests = 30;  // of one client, on one connection
constexpr std::uint64_t kSamples = std::uint64_t{kClients} * kRequests;

std::string chunked(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" +
         body.substr(0, 5) + "\r\n1\r\n" + body.substr(5, 1) + "\r\n0\r\n\r\n";
}

// Six bytes that tell which request they answer, sized and chunked in turn.
bool answer(const Asked& asked, Socket& socket) {
  const std::string& target = asked.request.target;
  const std::string body = "[" + target.substr(target.size() - 4) + "]";
  const bool odd = (target.back() & 1) != 0;
  return socket.send(odd ? chunked(body) : ok(body, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"));
}

// All bytes that each client gets for its requests, sent without waiting for answers.
std::vector<std::string> transcripts(std::uint16_t port, std::size_t request_body) {
  std::vector<std::string> seen(kClients);
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&seen, port, client, request_body] {
      Client connection(port);
      std::thread sender([&] {
        for (int request = 0; request < kRequests; ++request) {
          connection.send("GET /n/" + std::to_string(1000 + client * 100 + request) + " HTTP/1.1\r\nHost: test\r\n" +
                          "Content-Length: " + std::to_string(request_body) + "\r\n" +
                          (request + 1 < kRequests ? "\r\n" : "Connection: close\r\n\r\n") +
                          std::string(request_body, 'x'));
        }
      });
      seen[static_cast<std::size_t>(client)] = connection.receive_all();
      sender.join();
    });
  }
  for (std::thread& client : clients) client.join();
  return seen;
}

std::vector<std::string> beside_a_healthy_candidate(std::size_t request_body) {
  Upstream stable(answer), candidate(answer);
  Proxy proxy(stable.url(), candidate.url());
  return transcripts(proxy.port(), request_body);
}

struct Outcome {
  std::vector<std::string> seen;
  Report report;
};

// `answered` is called when all clients have what they asked for.
Outcome beside(const std::string& candidate, std::chrono::milliseconds arm_timeout, std::size_t request_body = 0,
               const std::function<void()>& answered = {}) {
  Upstream stable(answer), control(answer);
  Proxy proxy(stable.url(), candidate, control.url(), [arm_timeout](ProxySetup& setup) {
    setup.pipeline.shadow->arm_timeout = arm_timeout;
    setup.pipeline.shadow->drain_limit = 1u << 20;
  });
  Outcome out{transcripts(proxy.port(), request_body), {}};
  if (answered) answered();
  out.report = proxy.finish();
  return out;
}

void expect_no_harm(const Outcome& outcome, std::size_t request_body = 0) {
  EXPECT_EQ(outcome.seen, beside_a_healthy_candidate(request_body));
  const Totals& totals = outcome.report.totals;
  EXPECT_EQ(totals.requests, kSamples);
  EXPECT_EQ(totals.sampled, kSamples);
  EXPECT_EQ(totals.in_flight, 0u);
  EXPECT_EQ(totals.sampled, totals.compared + dropped(totals));
}

// Samples that the candidate failed. On a busy machine control may miss a short deadline as well.
std::uint64_t failures(const Report& report) {
  std::uint64_t count = 0;
  for (const FindingReport& finding : report.findings) {
    if (finding.kind == Kind::arm_error) count += finding.candidate_only + finding.both;
  }
  return count;
}

class HostileCandidate : public ::testing::TestWithParam<const char*> {};

Upstream::Script hostile(std::string_view how) {
  if (how == "says_nothing") return hangs();
  if (how == "resets_mid_body") return resets_mid_body();
  if (how == "never_ends") return never_ends();
  if (how == "talks_garbage") return talks_garbage();
  return [](const Asked&, Socket&) { return false; };  // closes without a word
}

TEST_P(HostileCandidate, ChangesNoByteForClientsAndTheAccountingCloses) {
  Upstream candidate(hostile(GetParam()));
  const bool refuses = std::string_view(GetParam()) == "refuses";
  const Outcome outcome = beside(refuses ? "http://127.0.0.1:1" : candidate.url(), std::chrono::milliseconds(100));
  expect_no_harm(outcome);
  EXPECT_GT(failures(outcome.report), 0u);
}

INSTANTIATE_TEST_SUITE_P(Ways, HostileCandidate,
                         ::testing::Values("says_nothing", "resets_mid_body", "never_ends", "talks_garbage", "closes",
                                           "refuses"),
                         [](const auto& way) { return std::string(way.param); });

// It takes connections and never reads: the copies of large requests stay on their way to it.
TEST(HostileCandidate, ThatReadsNothingChangesNoByteForClientsAndTheAccountingCloses) {
  constexpr std::size_t kBody = 256u << 10;
  std::uint16_t port = 0;
  const Socket listener = Socket::listen(port);  // the kernel connects, nobody accepts
  const Outcome outcome = beside("http://127.0.0.1:" + std::to_string(port), std::chrono::milliseconds(100), kBody);
  expect_no_harm(outcome, kBody);
  EXPECT_GT(failures(outcome.report), 0u);
}

// Slower than every client: it answers nothing before all clients have all answers, and all is compared in the end.
TEST(HostileCandidate, ThatIsSlowMakesNobodyWait) {
  std::latch clients_are_done(1);
  Upstream candidate([&](const Asked& asked, Socket& socket) {
    clients_are_done.wait();
    return answer(asked, socket);
  });
  const Outcome outcome = beside(candidate.url(), std::chrono::minutes(1), 0, [&] { clients_are_done.count_down(); });
  expect_no_harm(outcome);
  EXPECT_EQ(outcome.report.totals.compared, kSamples);
  EXPECT_EQ(failures(outcome.report), 0u);
}

}  // namespace
}  // namespace truemirror::testing
