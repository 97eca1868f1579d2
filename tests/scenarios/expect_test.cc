// Expect: 100-continue from end to end, and 1xx responses that nobody waits for.
#include <gtest/gtest.h>

#include <future>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

constexpr const char* kAsk = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
constexpr const char* kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

TEST(Expect, TheBodyWaitsForStablesWord) {
  Conversation stable([](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n").find("\r\nExpect: 100-continue\r\n"), std::string::npos);
    socket.send("HTTP/1.1 100 Go on\r\nX-Sure: yes\r\n\r\n");
    EXPECT_EQ(socket.receive_until("body"), "body");
    socket.send(ok("done"));
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send(kAsk);
  EXPECT_EQ(client.socket().receive_until("\r\n\r\n"), "HTTP/1.1 100 Go on\r\nX-Sure: yes\r\n\r\n");
  client.send("body");
  EXPECT_EQ(client.receive("POST")->body.bytes, "done");
}

TEST(Expect, AFinalAnswerInsteadLeavesTheBodyToTheClientAndTheConnectionToBoth) {
  Conversation stable([](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send(ok("now"));
    EXPECT_EQ(socket.receive_until("body"), "body");
    EXPECT_NE(socket.receive_until("\r\n\r\n").find("GET /next "), std::string::npos);
    socket.send(ok("next"));
  });
  Proxy proxy(stable.url(), kNowhere, "", [](ProxySetup& setup) {
    no_mirroring(setup);
    setup.live.threads = 1;
  });
  Client client(proxy.port());
  client.send(kAsk);
  EXPECT_EQ(client.receive("POST")->body.bytes, "now");
  client.send("body");
  EXPECT_EQ(client.get("/next")->body.bytes, "next");
}

TEST(Expect, AFinalAnswerInsteadOfAStableThatClosesSaysSoAndEndsTheExchange) {
  Conversation stable([](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig");
    socket.shutdown_send();
    EXPECT_EQ(socket.receive(), "");  // and never the next request, in place of the body
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send(kAsk);
  const std::string all = client.receive_all();
  EXPECT_EQ(all.find("HTTP/1.1 413 "), 0u);
  EXPECT_NE(all.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(all.substr(all.size() - 7), "\r\n\r\nbig");
}

TEST(Expect, AStableThatSaysNothingIsSpokenForOnceItsTimeIsOver) {
  Conversation stable([](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    EXPECT_EQ(socket.receive_until("body"), "body");
    socket.send(kContinue + ok("done"));  // late: the client has been told
  });
  Proxy proxy(stable.url(), kNowhere, "", [](ProxySetup& setup) {
    setup.plan.fraction = 0;
    setup.live.limits.continue_timeout = std::chrono::milliseconds(50);
  });
  Client client(proxy.port());
  client.send(kAsk);
  EXPECT_EQ(client.socket().receive_until("\r\n\r\n"), kContinue);
  client.send("body");
  EXPECT_EQ(client.socket().receive_until("\r\n\r\n").find("HTTP/1.1 200 OK\r\n"), 0u);
}

TEST(Expect, AResponseThatTakesLongerThanTheWaitIsNotCutOff) {
  std::promise<void> told;
  Conversation stable([&](const Socket& socket) {
    EXPECT_NE(socket.receive_until("\r\n\r\n"), "");
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
    told.get_future().wait();
    socket.send("lf");
    EXPECT_EQ(socket.receive(), "");
  });
  Proxy proxy(stable.url(), kNowhere, "", [](ProxySetup& setup) {
    setup.plan.fraction = 0;
    setup.live.limits.continue_timeout = std::chrono::milliseconds(50);
    setup.live.limits.body_timeout = std::chrono::milliseconds(10'000);
  });
  Client client(proxy.port());
  client.send(kAsk);
  EXPECT_NE(client.socket().receive_until("\r\n\r\nha"), "");
  // Another client's wait ends meanwhile, so this one's would have.
  Upstream silent([](const Asked& asked, Socket& socket) { return socket.send(ok(asked.request.body.bytes)); });
  Proxy later(silent.url(), kNowhere, "", [](ProxySetup& setup) {
    setup.plan.fraction = 0;
    setup.live.limits.continue_timeout = std::chrono::milliseconds(150);
  });
  Client other(later.port());
  other.send(kAsk);
  EXPECT_EQ(other.socket().receive_until("\r\n\r\n"), kContinue);
  told.set_value();
  EXPECT_EQ(client.socket().receive_until("lf"), "lf");
}

TEST(Expect, ABodyThatComesUnaskedIsNotHeldBack) {
  Upstream stable([](const Asked& asked, Socket& socket) { return socket.send(ok(asked.request.body.bytes)); });
  Proxy proxy(stable.url(), kNowhere, "", [](ProxySetup& setup) {
    setup.plan.fraction = 0;
    setup.live.limits.continue_timeout = std::chrono::hours(1);
  });
  Client client(proxy.port());
  client.send(std::string(kAsk) + "body");
  EXPECT_EQ(client.receive("POST")->body.bytes, "body");
  client.send(kAsk);
  client.send("next");
  EXPECT_EQ(client.receive("POST")->body.bytes, "next");
}

TEST(Expect, OfAnHttp10ClientIsNothingAndItGets1xxNever) {
  Upstream stable([](const Asked& asked, Socket& socket) {
    EXPECT_FALSE(asked.request.headers.has("expect"));
    return socket.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok("done"));
  });
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(client.receive_all().find("HTTP/1.1 200 OK\r\n"), 0u);
}

TEST(Expect, SomethingElseGets417) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  EXPECT_EQ(Client(proxy.port()).get("/", "Expect: 100-continue, 200-ok\r\n")->status, 417);
  EXPECT_EQ(stable.asked().size(), 0u);
}

}  // namespace
}  // namespace truemirror::testing
