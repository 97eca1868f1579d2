// Bytes go on when they come: events, long polls, uploads, trailers and early answers.
#include <gtest/gtest.h>

#include <future>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

TEST(Streaming, EachEventReachesTheClientBeforeTheNextIsMade) {
  std::promise<void> first;
  std::promise<void> second;
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    socket.send("data: 1\n\n");
    first.get_future().wait();
    socket.send("data: 2\n\n");
    second.get_future().wait();
    socket.send("data: 3\n\n");
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send("GET /events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n");
  EXPECT_NE(client.socket().receive_until("data: 1\n\n"), "");
  first.set_value();
  EXPECT_NE(client.socket().receive_until("data: 2\n\n"), "");
  second.set_value();
  EXPECT_NE(client.socket().receive_until("0\r\n\r\n").find("data: 3\n\n"), std::string::npos);
}

TEST(Streaming, ALongPollGetsItsHeadAtOnceAndItsBodyWhenThereIsOne) {
  std::promise<void> head_seen;
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
    head_seen.get_future().wait();
    socket.send("news");
    EXPECT_EQ(socket.receive(), "");
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send("GET /poll HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.socket().receive_until("\r\n\r\n"), "");
  head_seen.set_value();
  EXPECT_EQ(client.socket().receive_until("news"), "news");
}

TEST(Streaming, EachPieceOfAnUploadReachesStableBeforeTheNextIsSentAndIsAnsweredMeanwhile) {
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n3\r\none\r\n"), "");
    socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nuno\r\n");
    EXPECT_EQ(socket.receive_until("3\r\ntwo\r\n"), "3\r\ntwo\r\n");
    socket.send("3\r\ndos\r\n");
    EXPECT_EQ(socket.receive_until("0\r\n\r\n"), "0\r\n\r\n");
    socket.send("0\r\n\r\n");
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  EXPECT_NE(client.socket().receive_until("3\r\nuno\r\n"), "");
  client.send("3\r\ntwo\r\n");
  EXPECT_EQ(client.socket().receive_until("3\r\ndos\r\n"), "3\r\ndos\r\n");
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.socket().receive_until("0\r\n\r\n"), "0\r\n\r\n");
}

TEST(Streaming, TrailersGoBothWaysAndTheClientsWishForThemGoesUp) {
  Conversation stable([&](const Socket& socket) {
    const std::string head = socket.receive_until("\r\n\r\n");
    EXPECT_NE(head.find("\r\nTE: trailers\r\n"), std::string::npos) << head;
    EXPECT_NE(head.find("\r\nConnection: TE\r\n"), std::string::npos) << head;
    EXPECT_NE(head.find("\r\nTrailer: X-Sum\r\n"), std::string::npos) << head;
    EXPECT_EQ(socket.receive_until("0\r\nX-Sum: up\r\n\r\n"), "1\r\na\r\n0\r\nX-Sum: up\r\n\r\n");
    socket.send(
        "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\nX-Sum: down\r\n\r\n");
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTE: trailers, gzip;q=0.1\r\nConnection: TE\r\nTrailer: X-Sum\r\n"
      "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: up\r\n\r\n");
  const auto response = client.receive("POST");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers.get("trailer"), "X-Sum");
  EXPECT_EQ(response->trailers.get("x-sum"), "down");
}

TEST(Streaming, OtherTransferCodingsThatAClientTakesAreItsHopsBusiness) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  ASSERT_TRUE(Client(proxy.port()).get("/", "TE: gzip, deflate;q=0.5\r\nConnection: TE\r\n"));
  EXPECT_EQ(stable.asked()[0].head.find("TE:"), std::string::npos);
}

TEST(Streaming, BothArmsAreAskedForTrailersAsStableWas) {
  Upstream stable(always(ok("x")));
  Upstream candidate(always(ok("x")));
  Proxy proxy(stable.url(), candidate.url());
  ASSERT_TRUE(Client(proxy.port()).get("/", "TE: trailers\r\nConnection: TE\r\n"));
  proxy.finish();
  for (const Upstream* upstream : {&stable, &candidate}) {
    ASSERT_EQ(upstream->asked().size(), 1u);
    EXPECT_NE(upstream->asked()[0].head.find("\r\nTE: trailers\r\nConnection: TE\r\n"), std::string::npos);
  }
}

}  // namespace
}  // namespace truemirror::testing
