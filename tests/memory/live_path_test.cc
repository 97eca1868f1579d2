// Design.md §15: what is not sampled pays for the decision alone. A live thread in its steady state allocates nothing
// for a request, whatever the message looks like, and a bounded number of times for one that is mirrored.
// Client and stable here use fixed buffers, so that all that is counted is the live thread's.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "proxy/live/server.h"
#include "tests/memory/counting_new.h"

namespace truemirror {
namespace {

constexpr int kWarmUp = 200;
constexpr int kWindow = 200;  // requests
constexpr int kWindows = 5;   // the Date made anew each second falls into few of them
constexpr double kMostOfASample = 16;

constexpr std::string_view kSized =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: a server with a name that fits no small string\r\n"
    "Content-Length: 21\r\n\r\n{\"id\":7,\"name\":\"Zoe\"}";
constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
    "chunked\r\n\r\n5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\n\r\n";

int listener_on(std::uint16_t& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&at), size) != 0 || ::listen(listener, 8) != 0) std::abort();
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size);
  port = ntohs(at.sin_port);
  return listener;
}

int connected_to(std::uint16_t port) {
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(client, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) std::abort();
  const timeval limit{10, 0};
  ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return client;
}

// Reads until the bytes end as asked; false where the peer closes first.
bool read_until(int socket, std::string_view end) {
  std::array<char, 4096> block;
  std::size_t size = 0;
  do {
    const ssize_t got = ::recv(socket, block.data() + size, block.size() - size, 0);
    if (got <= 0) return false;
    size += static_cast<std::size_t>(got);
  } while (!std::string_view(block.data(), size).ends_with(end));
  return true;
}

// Answers one connection, all requests of which end alike.
class Stable {
 public:
  Stable(std::string_view request_end, std::string_view answer)
      : listener_(listener_on(port_)), thread_([this, request_end, answer] {
          const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
          while (read_until(socket, request_end) && ::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL) > 0) {
          }
          ::close(socket);
        }) {}
  ~Stable() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  std::uint16_t port_ = 0;
  int listener_;
  std::thread thread_;
};

// Takes samples and drops them: what a sample costs after the live thread is not asked here.
class Drain final : public SampleSink {
 public:
  std::unique_ptr<Sample> open(std::string_view, std::string_view) override { return std::make_unique<Sample>(); }
  void hand_over(std::span<std::unique_ptr<Sample>> samples) override {
    for (auto& sample : samples) sample.reset();
  }
};

// The fewest allocations of any window, in which each request is like the others.
std::size_t fewest_allocations(SamplingPlan plan, std::string_view request, std::string_view request_end,
                               std::string_view answer) {
  Stable stable(request_end, answer);
  Drain sink;
  const MarkKey marks = MarkKey::random();
  std::atomic<bool> mirroring{true};
  LiveOptions options;
  options.listen_port = 0;
  options.stable.url = UpstreamUrl::parse(stable.url()).value();
  options.stable.keep_alive = std::chrono::hours(1);  // it takes one connection, for POST as well
  LiveServer server(std::move(options),
                    {sink, marks, mirroring, std::make_shared<const SamplingPlan>(std::move(plan))});
  server.bind().value();
  server.start();
  const int client = connected_to(server.port());
  const std::string_view answer_end = answer.substr(answer.size() - 5);
  const auto ask = [&](int times) {
    for (int at = 0; at < times; ++at) {
      ::send(client, request.data(), request.size(), MSG_NOSIGNAL);
      if (!read_until(client, answer_end)) return false;
    }
    return true;
  };
  std::size_t fewest = std::string_view::npos;
  bool answered = ask(kWarmUp);
  for (int window = 0; answered && window < kWindows; ++window) {
    const std::size_t before = allocations();
    answered = ask(kWindow);
    fewest = std::min(fewest, allocations() - before);
  }
  EXPECT_TRUE(answered);
  ::close(client);
  server.drain(std::chrono::seconds(1));
  return fewest;
}

constexpr std::string_view kGet =
    "GET /orders/7?expand=items&currency=EUR HTTP/1.1\r\nHost: shop.example.org\r\nAccept: application/json\r\n"
    "User-Agent: something with a name that fits no small string\r\nX-Forwarded-For: 192.0.2.33, "
    "198.51.100.101\r\n\r\n";
constexpr std::string_view kPost = "POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Length: 9\r\n\r\n{\"id\": 1}";
constexpr std::string_view kPostChunked =
    "POST /orders HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"id\": 1}\r\n0\r\n\r\n";

TEST(LivePath, AllocatesNothingForARequestThatIsNotSampled) {
  EXPECT_EQ(fewest_allocations({0.0, {}}, kGet, "\r\n\r\n", kSized), 0u) << "GET";
  EXPECT_EQ(fewest_allocations({0.0, {}}, kGet, "\r\n\r\n", kChunked), 0u) << "GET, answered in chunks";
  EXPECT_EQ(fewest_allocations({0.0, {}}, kPost, "1}", kSized), 0u) << "POST";
  EXPECT_EQ(fewest_allocations({0.0, {}}, kPostChunked, "0\r\n\r\n", kSized), 0u) << "POST in chunks";
  EXPECT_EQ(fewest_allocations({1.0, {}}, kPost, "1}", kSized), 0u) << "a method that is not mirrored";
}

TEST(LivePath, AllocatesNothingForPathsThatRoutesHaveToReadInSeveralWays) {
  const SamplingPlan plan{1.0, {{.match = "/orders/archive/of/everything/**", .methods = {}, .fraction = 0.0}}};
  for (const std::string path :
       {"/orders/archive/of/everything/7", "/orders//archive/of/./everything/a%2Fb;v=2/%252e"}) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: shop\r\n\r\n";
    EXPECT_EQ(fewest_allocations(plan, request, "\r\n\r\n", kSized), 0u) << path;
  }
}

TEST(LivePath, AllocatesABoundedNumberOfTimesForASample) {
  const auto fewest = static_cast<double>(fewest_allocations({1.0, {}}, kGet, "\r\n\r\n", kSized));
  EXPECT_GT(fewest / kWindow, 1);
  EXPECT_LE(fewest / kWindow, kMostOfASample);
}

}  // namespace
}  // namespace truemirror
