// The floor of what a relay costs: passes bytes between each client and a connection of its own to one server, and
// knows nothing of what they mean. One thread, one read and one write a message each way. For benchmarks only: a peer
// that does not read stops everybody.
//   forwarder LISTEN_PORT SERVER_PORT          both on 127.0.0.1
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

int checked(int result, const char* call) {
  if (result >= 0) return result;
  std::perror(call);
  std::exit(1);
}

sockaddr_in local(int port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

class Forwarder {
 public:
  Forwarder(int port, int server) : server_(local(server)) {
    const int on = 1;
    const sockaddr_in at = local(port);
    checked(::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "setsockopt");
    checked(::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at), "bind");
    checked(::listen(listener_, 1024), "listen");
    watch(listener_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int at = 0; at < count; ++at) {
        const int ready = events[static_cast<std::size_t>(at)].data.fd;
        ready == listener_ ? accept_one() : pass(ready);
      }
    }
  }

 private:
  void watch(int descriptor) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
  }

  void accept_one() {
    const int client = checked(::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK), "accept4");
    const int server = checked(::socket(AF_INET, SOCK_STREAM, 0), "socket");
    checked(::connect(server, reinterpret_cast<const sockaddr*>(&server_), sizeof server_), "connect");
    const int on = 1;
    for (const int descriptor : {client, server}) {
      checked(::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "setsockopt");
      watch(descriptor);
    }
    const auto size = static_cast<std::size_t>(std::max(client, server)) + 1;
    if (other_.size() < size) other_.resize(size, -1);
    other_[static_cast<std::size_t>(client)] = server;
    other_[static_cast<std::size_t>(server)] = client;
  }

  // An event for a descriptor that its other side has just closed finds -1.
  void pass(int from) {
    const int to = other_[static_cast<std::size_t>(from)];
    if (to < 0) return;
    const ssize_t got = ::recv(from, block_.data(), block_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    bool passed = got > 0;
    for (ssize_t sent = 0; passed && sent < got;) {
      const ssize_t some =
          ::send(to, block_.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (some > 0) sent += some;
      pollfd room{to, POLLOUT, 0};
      if (some < 0) passed = errno == EAGAIN && ::poll(&room, 1, -1) == 1;
    }
    if (passed) return;
    for (const int descriptor : {from, to}) {
      other_[static_cast<std::size_t>(descriptor)] = -1;
      ::close(descriptor);
    }
  }

  sockaddr_in server_;
  int epoll_ = checked(::epoll_create1(0), "epoll_create1");
  int listener_ = checked(::socket(AF_INET, SOCK_STREAM, 0), "socket");
  std::vector<int> other_;  // by descriptor: where its bytes go
  std::array<char, 64u << 10> block_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: forwarder LISTEN_PORT SERVER_PORT\n", stderr);
    return 2;
  }
  Forwarder(std::atoi(argv[1]), std::atoi(argv[2])).run();
}
