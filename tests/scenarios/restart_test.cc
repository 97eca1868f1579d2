// Upstreams that are killed and come back under load: every answer that a client gets is the one to its own request.
// Where stable is down, clients get errors of ours or a connection that ends; never another's bytes.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

constexpr int kClients = 16;
constexpr int kRestarts = 4;
constexpr std::uint64_t kAnswersBetween = 60;  // over all clients
constexpr std::uint64_t kCutByAKill = 3;

std::string body_of(const std::string& target) {
  std::string body;
  while (body.size() < 3'000) body += "[" + target + "]";
  return body;
}

std::string chunked(const std::string& body) {
  std::array<char, 16> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", body.size());
  return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(size.data()) + body + "\r\n0\r\n\r\n";
}

// Gives up after twenty seconds, so that the test fails and never hangs.
bool comes_true(const std::function<bool()>& condition) {
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > patience) return false;
    std::this_thread::yield();
  }
  return true;
}

// An upstream whose answers name their request. A kill takes it in the middle of some.
class Mortal {
 public:
  Mortal() { start(); }
  void start() {
    dying_ = false;
    cut_ = 0;
    server_ =
        std::make_unique<Upstream>([this](const Asked& asked, Socket& socket) { return answer(asked, socket); }, port_);
    port_ = server_->port();
  }
  // True where it was asked until the end.
  bool kill() {
    dying_ = true;
    const bool asked = comes_true([this] { return cut_ >= kCutByAKill; });
    server_.reset();
    return asked;
  }
  [[nodiscard]] std::string url() const { return server_->url(); }

 private:
  bool answer(const Asked& asked, Socket& socket) {
    const std::string& target = asked.request.target;
    const std::string whole = target.size() % 2 == 0 ? ok(body_of(target)) : chunked(body_of(target));
    if (!dying_) return socket.send(whole);
    socket.send(std::string_view(whole).substr(0, whole.size() / (1 + cut_++ % 3)));
    return false;
  }

  std::uint16_t port_ = 0;
  std::atomic<bool> dying_{false};
  std::atomic<std::uint64_t> cut_{0};
  std::unique_ptr<Upstream> server_;
};

struct Tally {
  std::atomic<std::uint64_t> right{0}, errors{0}, ended{0}, wrong{0};
  [[nodiscard]] std::uint64_t failed() const { return errors + ended; }
};

// Asks on a connection that it keeps while it can, until told to stop.
void ask(std::uint16_t port, int client, const std::atomic<bool>& stop, Tally& tally) {
  std::uint64_t request = 0;
  while (!stop) {
    Client connection(port);
    for (bool kept = true; kept && !stop; ++request) {
      const std::string target = "/clients/" + std::to_string(client) + "/requests/" + std::to_string(request);
      const auto response = connection.get(target);
      const bool whole = response.has_value();
      const bool right = whole && response->status == 200 && response->body.bytes == body_of(target);
      const bool ours = whole && response->status >= 502 && response->status <= 504;
      ++(right ? tally.right : ours ? tally.errors : !whole ? tally.ended : tally.wrong);
      kept = whole && !response->headers.get("connection").has_value();
    }
  }
}

class Load {
 public:
  explicit Load(std::uint16_t port) {
    for (int client = 0; client < kClients; ++client)
      threads_.emplace_back([this, port, client] { ask(port, client, stop_, tally_); });
  }
  ~Load() { stop(); }
  Load(const Load&) = delete;
  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] bool answers_go_on() const {
    return comes_true([this, wanted = tally_.right + kAnswersBetween] { return tally_.right >= wanted; });
  }
  [[nodiscard]] bool errors_go_on() const {
    return comes_true([this, wanted = tally_.failed() + kClients] { return tally_.failed() >= wanted; });
  }

 private:
  Tally tally_;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

void expect_closed(const Report& report) {
  const Totals& totals = report.totals;
  EXPECT_EQ(totals.sampled, totals.compared + dropped(totals));
  EXPECT_EQ(totals.in_flight, 0u);
  EXPECT_GT(totals.compared, 0u);
}

TEST(Restart, AStableThatIsKilledUnderLoadCostsErrorsAndNeverAWrongAnswer) {
  Mortal stable, candidate, control;
  Proxy proxy(stable.url(), candidate.url(), control.url());
  Load load(proxy.port());
  for (int restart = 0; restart < kRestarts; ++restart) {
    ASSERT_TRUE(load.answers_go_on());
    ASSERT_TRUE(stable.kill());
    ASSERT_TRUE(load.errors_go_on()) << "clients hang while stable is down";
    stable.start();
  }
  ASSERT_TRUE(load.answers_go_on());
  load.stop();
  EXPECT_EQ(load.tally().wrong, 0u);
  EXPECT_GT(load.tally().ended, 0u) << "no answer was cut: nothing was tested";
  expect_closed(proxy.finish());
}

TEST(Restart, ArmsThatAreKilledUnderLoadCostClientsNothing) {
  Mortal stable, candidate, control;
  Proxy proxy(stable.url(), candidate.url(), control.url());
  Load load(proxy.port());
  for (int restart = 0; restart < kRestarts; ++restart) {
    Mortal& arm = restart % 2 == 0 ? candidate : control;
    ASSERT_TRUE(load.answers_go_on());
    ASSERT_TRUE(arm.kill());
    ASSERT_TRUE(load.answers_go_on());
    arm.start();
  }
  ASSERT_TRUE(load.answers_go_on());
  load.stop();
  EXPECT_EQ(load.tally().wrong, 0u);
  EXPECT_EQ(load.tally().failed(), 0u);
  expect_closed(proxy.finish());
}

}  // namespace
}  // namespace truemirror::testing
