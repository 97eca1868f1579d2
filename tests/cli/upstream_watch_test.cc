#include "proxy/cli/upstream_watch.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace truemirror {
namespace {

// An upstream that says nothing; connections to it are counted.
class Listener {
 public:
  Listener() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(descriptor_, 64), 0);
    EXPECT_EQ(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
  }
  ~Listener() { ::close(descriptor_); }
  Listener(const Listener&) = delete;

  [[nodiscard]] UpstreamUrl url() const {
    return UpstreamUrl::parse("http://127.0.0.1:" + std::to_string(port_)).value();
  }
  // Since the last time.
  [[nodiscard]] int connections() const {
    int count = 0;
    for (int accepted; (accepted = ::accept(descriptor_, nullptr, nullptr)) >= 0; ++count) ::close(accepted);
    return count;
  }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

TEST(StableTraffic, SpeaksForStableWhileThereAreAnswersAndNoErrors) {
  StableTraffic traffic;
  LiveStats stats;
  EXPECT_FALSE(traffic.answers(stats)) << "nobody has asked";
  stats.stable_answers = 5;
  EXPECT_TRUE(traffic.answers(stats));
  EXPECT_FALSE(traffic.answers(stats)) << "nothing since";
  stats.stable_answers = 6;
  stats.stable_errors = 1;
  EXPECT_FALSE(traffic.answers(stats)) << "some answers, some errors";
  stats.stable_answers = 7;
  EXPECT_TRUE(traffic.answers(stats));
}

TEST(UpstreamWatch, NobodyConnectsToStableToSeeWhetherItIsThereWhileItAnswers) {
  const Listener stable, candidate;
  ServeConfig config;
  config.stable = stable.url();
  config.candidate = candidate.url();
  UpstreamWatch watch(config);
  EXPECT_FALSE(watch.stable_problem().empty()) << "not looked at yet";
  LiveStats live;
  watch.look(live, {});
  EXPECT_EQ(stable.connections(), 1) << "at the start there is no traffic";
  EXPECT_EQ(candidate.connections(), 1);
  EXPECT_EQ(watch.stable_problem(), "");
  for (int second = 0; second < 10; ++second) {
    live.stable_answers += 100;
    watch.look(live, {});
  }
  EXPECT_EQ(stable.connections(), 0);
  watch.look(live, {});
  EXPECT_EQ(stable.connections(), 1) << "silence says nothing";
  live.stable_answers += 100;
  live.stable_errors += 1;
  watch.look(live, {});
  EXPECT_EQ(stable.connections(), 1) << "an error is looked into";
  EXPECT_EQ(candidate.connections(), 0) << "an arm that is there is looked at once";
}

TEST(UpstreamWatch, AStableThatIsGoneIsNotReadyAndIsReadyAgainByItsAnswers) {
  const Listener candidate;
  ServeConfig config;
  config.stable = UpstreamUrl::parse("http://127.0.0.1:1").value();
  config.candidate = candidate.url();
  UpstreamWatch watch(config);
  watch.look({}, {});
  EXPECT_NE(watch.stable_problem().find("Connection refused"), std::string::npos);
  LiveStats live;
  live.stable_answers = 1;
  watch.look(live, {});
  EXPECT_EQ(watch.stable_problem(), "");
}

}  // namespace
}  // namespace truemirror
