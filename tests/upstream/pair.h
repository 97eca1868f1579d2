// A stream and the bare descriptor at its other end.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

#include "proxy/upstream/event_loop.h"
#include "proxy/upstream/stream.h"

namespace truemirror::testing {

struct Pair {
  explicit Pair(EventLoop& loop) : Pair(loop, make()) {}
  ~Pair() { hang_up(); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  void send(std::string_view bytes) const {
    ASSERT_EQ(::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  void hang_up() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
  }

  Stream stream;
  int peer;

 private:
  static std::array<int, 2> make() {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    return ends;
  }
  Pair(EventLoop& loop, std::array<int, 2> ends) : stream(loop.poller, ends[0]), peer(ends[1]) {}
};

}  // namespace truemirror::testing
