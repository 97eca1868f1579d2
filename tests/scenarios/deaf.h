// A listener whose queue is full: who connects hears nothing, neither yes nor no.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>

namespace truemirror::testing {

class Deaf {
 public:
  Deaf() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    socklen_t size = sizeof at;
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
    for (int& each : queued_) {
      each = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      const int connected = ::connect(each, reinterpret_cast<sockaddr*>(&at), sizeof at);
      EXPECT_TRUE(connected == 0 || errno == EINPROGRESS);
    }
  }
  ~Deaf() {
    for (const int each : queued_) ::close(each);
    ::close(listener_);
  }
  Deaf(const Deaf&) = delete;
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::array<int, 4> queued_{};
};

}  // namespace truemirror::testing
