// Responses that come before the request has been read: the rest of it goes on to stable as long as stable takes it,
// and the client has its answer meanwhile.
#include <gtest/gtest.h>

#include <future>
#include <optional>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

constexpr const char* kDone = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";

// Everything is a sample, POST and PUT as well.
void mirror_all(ProxySetup& setup) {
  setup.plan.routes = {{.match = "/**", .methods = {"GET", "POST", "PUT"}, .fraction = {}}};
}

std::string post(std::size_t length, const std::string& more = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + more + "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

TEST(EarlyAnswer, TheBodyArrivesWholeAndBothConnectionsAreKept) {
  const std::string body(300'000, 'b');
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send(kDone);
    const std::string rest = socket.receive_until("\r\n\r\n");
    EXPECT_TRUE(rest.starts_with(body + "GET /next ")) << rest.size();
    socket.send(ok("next"));
  });
  Proxy proxy(stable.url(), kNowhere, "", [](ProxySetup& setup) {
    no_mirroring(setup);
    setup.live.threads = 1;
  });
  Client client(proxy.port());
  client.send(post(body.size()));
  const std::string early = client.socket().receive_until("done");
  EXPECT_TRUE(early.ends_with("\r\n\r\ndone"));
  EXPECT_EQ(early.find("Connection: close"), std::string::npos);
  client.send(body);
  EXPECT_EQ(client.get("/next")->body.bytes, "next");
}

TEST(EarlyAnswer, OfAStableThatStopsReadingIsAnnouncedAndTheUploadIsReadToItsEnd) {
  Conversation stable([](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send(post(5'000'000));
  const std::string early = client.socket().receive_until("\r\n\r\nno");
  EXPECT_TRUE(early.starts_with("HTTP/1.1 403 "));
  EXPECT_NE(early.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.send(std::string(5'000'000, 'x'))) << "no reset while it goes on";
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_FALSE(client.socket().was_reset());
  EXPECT_EQ(proxy.live_stats().client_aborts, 0u);
}

TEST(EarlyAnswer, IsComparedOnceTheRequestIsWhole) {
  std::promise<void> answered;
  Upstream arm([](const Asked& asked, Socket& socket) {
    return socket.send(asked.request.body.bytes == "12345678" ? kDone : ok("not all of it"));
  });
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send(kDone);
    EXPECT_EQ(socket.receive_until("12345678"), "12345678");
    EXPECT_EQ(socket.receive(), "");
  });
  Proxy proxy(stable.url(), arm.url(), arm.url(), mirror_all);
  Client client(proxy.port());
  client.send(post(8));
  EXPECT_EQ(client.receive("POST")->body.bytes, "done");
  client.send("1234");
  client.send("5678");
  EXPECT_TRUE(eventually([&] { return proxy.pipeline().ledger().snapshot().compared == 1; }));
  client.socket().close();
  const Report report = proxy.finish();
  EXPECT_EQ(report.totals.compared, 1u);
  EXPECT_EQ(report.totals.diverged, 0u);
}

TEST(EarlyAnswer, AClientThatLeavesInTheMiddleOfItsUploadHasNoSampleAndStableSeesTheEnd) {
  std::promise<std::string> rest;
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send(kDone);
    EXPECT_EQ(socket.receive_until("1234"), "1234");
    rest.set_value(socket.receive());
  });
  Proxy proxy(stable.url(), kNowhere, "", mirror_all);
  {
    Client client(proxy.port());
    client.send(post(8));
    EXPECT_EQ(client.receive("POST")->body.bytes, "done");
    client.send("1234");
  }
  EXPECT_EQ(rest.get_future().get(), "");
  EXPECT_EQ(proxy.finish().totals.dropped, (std::map<std::string, std::uint64_t>{{"client_gone", 1}}));
}

TEST(EarlyAnswer, AStableThatTakesNothingMoreDoesNotHoldTheAnswerUp) {
  std::promise<void> over;
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    over.get_future().wait();  // its buffers fill up
    socket.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\ndone");
    socket.shutdown_send();
    while (!socket.receive().empty()) {
    }
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send(post(50'000'000) + std::string(1'000'000, 'x'));
  over.set_value();
  EXPECT_EQ(client.receive("POST")->body.bytes, "done");
}

// The head alone went to stable, so it alone goes to the arms; one that asks for the body has decided otherwise.
TEST(EarlyAnswer, InPlaceOf100IsComparedWithWhatTheArmsSayToTheSameHead) {
  const auto refuses = [](const Socket& socket) {
    const std::string head = socket.receive_until("\r\n\r\n");
    EXPECT_NE(head.find("\r\nExpect: 100-continue\r\n"), std::string::npos);
    EXPECT_NE(head.find("\r\nContent-Length: 4\r\n"), std::string::npos);
    socket.send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
    EXPECT_EQ(socket.receive(), "");
  };
  Conversation stable(refuses);
  Conversation control(refuses);
  Conversation candidate([](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send("HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(socket.receive(), "");
  });
  Proxy proxy(stable.url(), candidate.url(), control.url(), mirror_all);
  {
    Client client(proxy.port());
    client.send(post(4, "Expect: 100-continue\r\n"));
    EXPECT_EQ(client.receive("POST")->status, 403);
  }
  const Report report = proxy.finish();
  EXPECT_EQ(report.totals.compared, 1u);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].location, "status");
  EXPECT_EQ(report.findings[0].transition, "403→100");
}

}  // namespace
}  // namespace truemirror::testing
