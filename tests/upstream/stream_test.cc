// Streams over socket pairs: what is read and written, and what wakes up those that wait.
#include "proxy/upstream/stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <list>
#include <string>

#include "proxy/upstream/event_loop.h"
#include "tests/upstream/pair.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;
using testing::Pair;

// Runs what is ready; never waits.
void turn(EventLoop& loop) {
  for (int at = 0; at < 100 && loop.io.poll() > 0; ++at) {
  }
}

struct Reader {
  std::string text;
  boost::system::error_code error;
  bool ended = false;
  std::array<char, 16> block{};

  Task<> read(Stream& stream) {
    while (!error) {
      const IoResult got = co_await stream.read_some(asio::buffer(block));
      text.append(block.data(), got.bytes);
      error = got.error;
    }
    ended = true;
  }
};

class StreamTest : public ::testing::Test {
 public:
  StreamTest() { loop.start(); }
  ~StreamTest() override {
    loop.stop();
    turn(loop);
  }

 protected:
  EventLoop loop;
};

// Else those that have gigabytes to read keep new connections and deadlines waiting for seconds.
TEST_F(StreamTest, ThoseThatNeverHaveToWaitLeaveOthersTheirTurn) {
  struct Bulk {
    explicit Bulk(EventLoop& loop) : pair(loop) { pair.send(std::string(100'000, 'x')); }
    Task<> read_all(std::size_t& total) {
      while (left > 0) {
        const IoResult got = co_await pair.stream.read_some(asio::buffer(block));
        left -= got.bytes;
        total += got.bytes;
      }
    }
    Pair pair;
    std::array<char, 1024> block{};
    std::size_t left = 100'000;
  };
  std::list<Bulk> bulk;
  std::list<Task<>> tasks;
  std::size_t total = 0;
  std::size_t before = 0;
  std::size_t most = 0;  // read between two turns of somebody else
  std::function<void()> somebody = [&] {
    most = std::max(most, total - std::exchange(before, total));
    if (total < 4'000'000) asio::post(loop.io, somebody);
  };
  asio::post(loop.io, somebody);
  for (int at = 0; at < 40; ++at) tasks.push_back(bulk.emplace_back(loop).read_all(total));
  for (Task<>& task : tasks) task.start();
  before = total;
  while (total < 4'000'000 && loop.io.poll() > 0) {
  }
  EXPECT_EQ(total, 4'000'000u);
  EXPECT_GT(most, 0u);
  EXPECT_LT(most, 2'500'000u);
}

// Each look at the sockets while something was due added one more run of it to all later ones.
TEST_F(StreamTest, EventsWhileSomebodyHasMuchToReadDoNotGiveItMoreTurns) {
  Pair pair(loop);
  Pair talks(loop);
  pair.send(std::string(64'000, 'x'));
  Reader reader;
  Reader listener;
  std::size_t before = 0;
  std::size_t most = 0;
  std::function<void()> somebody = [&] {
    most = std::max(most, reader.text.size() - std::exchange(before, reader.text.size()));
    (void)::send(talks.peer, ".", 1, MSG_NOSIGNAL);  // as long as there is room
    if (reader.text.size() < 64'000) asio::post(loop.io, somebody);
  };
  asio::post(loop.io, somebody);
  Task<> reading = reader.read(pair.stream);
  Task<> listening = listener.read(talks.stream);
  reading.start();
  listening.start();
  while (reader.text.size() < 64'000 && loop.io.poll_one() > 0) {
  }
  EXPECT_EQ(reader.text.size(), 64'000u);
  EXPECT_GT(listener.text.size(), 10u);
  EXPECT_LT(most, 6'000u);  // one look after the other, as many as are made
  pair.hang_up();
  talks.hang_up();
  turn(loop);
  EXPECT_TRUE(reader.ended && listener.ended);
}

TEST_F(StreamTest, ReadsWhatComesAndTheEnd) {
  Pair pair(loop);
  Reader reader;
  spawn(reader.read(pair.stream), [] {});
  pair.send("hello, ");
  turn(loop);
  EXPECT_EQ(reader.text, "hello, ");
  pair.send("a text longer than the block");
  turn(loop);
  EXPECT_EQ(reader.text, "hello, a text longer than the block");
  pair.hang_up();
  turn(loop);
  EXPECT_EQ(reader.error, asio::error::eof);
}

TEST_F(StreamTest, SeesAnEndThatCameTogetherWithTheLastBytes) {
  Pair pair(loop);
  Reader reader;
  spawn(reader.read(pair.stream), [] {});
  pair.send("short");
  pair.hang_up();
  turn(loop);
  EXPECT_EQ(reader.text, "short");
  EXPECT_EQ(reader.error, asio::error::eof);  // one event told of both
}

TEST_F(StreamTest, WritesAllThoughThePeerReadsSlowly) {
  Pair pair(loop);
  const std::string text(3u << 20, 'x');
  std::array<asio::const_buffer, 2> buffers{asio::buffer("head ", 5), asio::buffer(text)};
  IoResult sent;
  const auto write = [](Stream& stream, std::span<asio::const_buffer> all) -> Task<IoResult> {
    co_return co_await stream.write(all);
  };
  spawn(write(pair.stream, buffers), [&](IoResult result) { sent = result; });
  EXPECT_EQ(sent.bytes, 0u);
  std::string seen(text.size() + 5, '\0');
  std::size_t got = 0;
  for (int rounds = 0; got < seen.size() && rounds < 10'000; ++rounds) {
    const ssize_t bytes = ::recv(pair.peer, seen.data() + got, 100'000, 0);
    if (bytes > 0) got += static_cast<std::size_t>(bytes);
    turn(loop);
  }
  EXPECT_EQ(sent.bytes, seen.size());
  EXPECT_EQ(seen, "head " + text);
}

TEST_F(StreamTest, ClosingWakesUpWhoReads) {
  Pair pair(loop);
  Reader reader;
  spawn(reader.read(pair.stream), [] {});
  turn(loop);
  pair.stream.close();
  EXPECT_FALSE(reader.ended);  // never on the stack of who closes
  turn(loop);
  EXPECT_EQ(reader.error, asio::error::operation_aborted);
}

TEST_F(StreamTest, ACancelledReadLeavesTheStreamUsable) {
  Pair pair(loop);
  Reader first, second;
  pair.stream.cancel_read();  // nobody reads: of no effect
  spawn(first.read(pair.stream), [] {});
  turn(loop);
  EXPECT_FALSE(first.ended);
  pair.stream.cancel_read();
  turn(loop);
  EXPECT_EQ(first.error, asio::error::operation_aborted);
  pair.send("on");
  spawn(second.read(pair.stream), [] {});
  turn(loop);
  EXPECT_EQ(second.text, "on");
  pair.hang_up();
  turn(loop);
}

TEST_F(StreamTest, IsQuietUntilBytesComeThatNobodyAskedForOrThePeerLeaves) {
  Pair chatty(loop), leaving(loop);
  turn(loop);
  EXPECT_TRUE(chatty.stream.quiet());
  chatty.send("HTTP/1.1 200 OK\r\n");
  leaving.hang_up();
  turn(loop);
  EXPECT_FALSE(chatty.stream.quiet());
  EXPECT_FALSE(leaving.stream.quiet());
}

TEST_F(StreamTest, APeerThatNeverRunsDryLeavesOthersTheirTurn) {
  Pair greedy(loop), modest(loop);
  Reader reader, other;
  const std::string much(64u << 10, 'x');
  greedy.send(much);
  modest.send("me, too");
  spawn(reader.read(greedy.stream), [] {});
  spawn(other.read(modest.stream), [] {});
  while (other.text.empty() && loop.io.poll_one() > 0) {
  }
  EXPECT_EQ(other.text, "me, too");
  EXPECT_LT(reader.text.size(), much.size());
  turn(loop);
  EXPECT_EQ(reader.text.size(), much.size());
  greedy.hang_up();
  modest.hang_up();
  turn(loop);
}

// Two ends of a TCP connection over loopback; a Unix pair knows no acknowledgements.
std::array<int, 2> tcp_pair() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&at), size), 0);
  EXPECT_EQ(::listen(listener, 1), 0);
  EXPECT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size), 0);
  EXPECT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&at), size), 0);
  const int server = ::accept(listener, nullptr, nullptr);
  ::close(listener);
  EXPECT_EQ(::fcntl(client, F_SETFL, O_NONBLOCK), 0);
  return {client, server};
}

void write_now(Stream& stream, std::string_view text) {
  std::array<asio::const_buffer, 1> bytes{asio::buffer(text)};
  Stream::WriteOp write = stream.write(bytes);
  ASSERT_TRUE(write.await_ready());
}

// What allows a POST to be sent again.
TEST_F(StreamTest, APeerThatHadClosedBeforeBytesCameHasTakenNoneOfThem) {
  const auto [client, server] = tcp_pair();
  Stream stream(loop.poller, client);
  write_now(stream, "first");
  std::array<char, 16> block{};
  ASSERT_EQ(::recv(server, block.data(), block.size(), 0), 5);
  ASSERT_EQ(::send(server, "ok", 2, MSG_NOSIGNAL), 2);
  ASSERT_EQ(::recv(client, block.data(), block.size(), MSG_WAITALL | MSG_TRUNC), 2);
  const std::uint64_t before = stream.written();
  EXPECT_EQ(before, 5u);
  EXPECT_TRUE(stream.took_nothing_since(before)) << "nothing was written";
  ::close(server);
  write_now(stream, "second");
  EXPECT_TRUE(stream.took_nothing_since(before));
  EXPECT_FALSE(stream.took_nothing_since(0)) << "it had taken the first";
}

TEST_F(StreamTest, APeerThatReadBytesAndClosedOrResetHasTakenThem) {
  for (const bool reset : {false, true}) {
    const auto [client, server] = tcp_pair();
    Stream stream(loop.poller, client);
    write_now(stream, "first");
    std::array<char, 16> block{};
    ASSERT_EQ(::recv(server, block.data(), block.size(), 0), 5);
    const linger at_once{reset ? 1 : 0, 0};
    ::setsockopt(server, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(server);
    if (!reset) {
      EXPECT_FALSE(stream.took_nothing_since(0));
    } else {
      // What was read may not be acknowledged: a reset is told by the read, and no question is asked then.
      EXPECT_EQ(::recv(client, block.data(), block.size(), 0), -1);
    }
  }
}

TEST_F(StreamTest, WhatAUnixPeerHasTakenIsNotKnown) {
  Pair pair(loop);
  write_now(pair.stream, "first");
  pair.hang_up();
  EXPECT_FALSE(pair.stream.took_nothing_since(0));
}

}  // namespace
}  // namespace truemirror
