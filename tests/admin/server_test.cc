#include "proxy/admin/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace truemirror {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A running admin server over hooks that count, and a client that says exactly what it is told.
class AdminServerTest : public testing::Test {
 protected:
  void start(AdminOptions options = {}) {
    options.port = 0;
    AdminHooks hooks;
    hooks.report = [this] {
      ++reports_;
      Report report;
      report.run.id = "run-1";
      return report;
    };
    hooks.metrics = [] { return std::string("truemirror_up 1\n"); };
    hooks.alive = [] { return true; };
    hooks.not_ready = [this] { return ready_ ? std::string() : std::string("stable is not reachable"); };
    hooks.mirroring = [this] { return mirroring_.load(); };
    hooks.set_mirroring = [this](bool on) { mirroring_ = on; };
    auto started = AdminServer::start(std::move(options), std::move(hooks));
    ASSERT_TRUE(started) << started.error().text;
    server_ = *std::move(started);
  }

  tcp::socket dial() {
    tcp::socket socket(io_);
    socket.connect({asio::ip::make_address("127.0.0.1"), server_->port()});
    return socket;
  }
  // All that comes until the server closes.
  static std::string rest(tcp::socket& socket) {
    std::string text;
    boost::system::error_code ignored;
    asio::read(socket, asio::dynamic_buffer(text), ignored);
    return text;
  }
  std::string host() const { return "Host: 127.0.0.1:" + std::to_string(server_->port()) + "\r\n"; }
  std::string say(const std::string& bytes) {
    tcp::socket socket = dial();
    asio::write(socket, asio::buffer(bytes));
    return rest(socket);
  }
  std::string ask(const std::string& line, const std::string& fields = "", const std::string& body = "") {
    return say(line + " HTTP/1.1\r\n" + host() + fields +
               "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  std::string set_mirroring(const std::string& body) {
    return ask("POST /api/v1/mirroring", "Content-Type: application/json\r\n", body);
  }

  std::atomic<int> reports_{0};
  std::atomic<bool> ready_{true}, mirroring_{true};
  asio::io_context io_;
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminServerTest, EveryRouteAnswers) {
  start();
  EXPECT_THAT(ask("GET /"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("GET /ui/style.css"), HasSubstr("text/css"));
  EXPECT_THAT(ask("GET /ui/live.js"), HasSubstr("text/javascript"));
  EXPECT_THAT(ask("GET /metrics?x=1"), HasSubstr("truemirror_up 1"));
  EXPECT_THAT(ask("GET /api/v1/report"), HasSubstr("\"run-1\""));
  EXPECT_THAT(ask("GET /api/v1/mirroring"), HasSubstr("{\"enabled\":true}"));
  EXPECT_THAT(ask("GET /healthz"), HasSubstr("ok\n"));
  EXPECT_THAT(ask("GET /readyz"), HasSubstr("ready\n"));
  ready_ = false;
  EXPECT_THAT(ask("GET /readyz"), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("stable is not reachable")));
}

TEST_F(AdminServerTest, EveryAnswerCarriesTheStrictPolicy) {
  start();
  for (const char* line : {"GET /", "GET /nothing"}) {
    const std::string answer = ask(line);
    EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'"));
    EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff"));
    EXPECT_THAT(answer, HasSubstr("Referrer-Policy: no-referrer"));
    EXPECT_THAT(answer, HasSubstr("Cache-Control: no-store"));
    EXPECT_THAT(answer, Not(HasSubstr("Access-Control-Allow")));
  }
}

TEST_F(AdminServerTest, TheKillSwitchIsThrownByJsonAlone) {
  start();
  EXPECT_THAT(set_mirroring("{\"enabled\": false}"), HasSubstr("{\"enabled\":false}"));
  EXPECT_FALSE(mirroring_);
  for (const char* wrong :
       {"", "false", "{\"enabled\": 1}", "{\"enabled\": true, \"x\": 1}", "{\"enabld\": true}", "[["}) {
    EXPECT_THAT(set_mirroring(wrong), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("send {\\\"enabled\\\": true}")))
        << wrong;
  }
  EXPECT_THAT(ask("POST /api/v1/mirroring", "Content-Type: text/plain\r\n", "{\"enabled\": true}"),
              StartsWith("HTTP/1.1 415"));
  EXPECT_FALSE(mirroring_);
  EXPECT_THAT(set_mirroring("{\"enabled\": true}"), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(mirroring_);
}

TEST_F(AdminServerTest, ForeignHostsAndOriginsGetNothingAndChangeNothing) {
  start();
  const std::string body = "{\"enabled\": false}";
  EXPECT_THAT(say("GET /api/v1/report HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 421"), Not(HasSubstr("run-1"))));
  EXPECT_THAT(say("GET / HTTP/1.1\r\n" + host() + "Host: evil.example\r\nConnection: close\r\n\r\n"),
              Not(StartsWith("HTTP/1.1 200")));
  EXPECT_THAT(ask("POST /api/v1/mirroring", "Origin: http://evil.example\r\nContent-Type: application/json\r\n", body),
              StartsWith("HTTP/1.1 403"));
  EXPECT_TRUE(mirroring_);
}

TEST_F(AdminServerTest, UnknownPathsAndMethodsAreToldInJson) {
  start();
  EXPECT_THAT(ask("GET /x"), AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("{\"error\":")));
  EXPECT_THAT(ask("DELETE /metrics"), AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD\r\n")));
  EXPECT_THAT(ask("PUT /api/v1/mirroring"), AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD, POST")));
  EXPECT_THAT(ask("HEAD /healthz"), AllOf(StartsWith("HTTP/1.1 200"), testing::EndsWith("\r\n\r\n")));
}

TEST_F(AdminServerTest, ATokenGuardsAllButHealth) {
  AdminOptions options;
  options.token = "0123456789abcdef";
  start(options);
  EXPECT_THAT(ask("GET /metrics"), AllOf(StartsWith("HTTP/1.1 401"), HasSubstr("WWW-Authenticate: Bearer")));
  EXPECT_THAT(ask("GET /metrics", "Authorization: Bearer 0123456789abcdef\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("GET /healthz"), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminServerTest, TheReportIsMadeOnceHoweverOftenItIsAskedFor) {
  AdminOptions options;
  options.refresh = std::chrono::hours(1);
  start(options);
  const std::string first = ask("GET /api/v1/report");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask("GET /api/v1/report"), first);
  EXPECT_EQ(reports_, 1);
}

TEST_F(AdminServerTest, RequestsOnOneConnectionAreAnsweredInOrder) {
  start();
  const std::string answers =
      say("GET /healthz HTTP/1.1\r\n" + host() + "\r\nGET /readyz HTTP/1.1\r\n" + host() + "Connection: close\r\n\r\n");
  EXPECT_LT(answers.find("ok\n"), answers.find("ready\n"));
  EXPECT_NE(answers.find("ready\n"), std::string::npos);
}

TEST_F(AdminServerTest, GarbageAndOversizedRequestsAreRefused) {
  start();
  EXPECT_THAT(say("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(say("GET / HTTP/1.1\r\nX: " + std::string(17 << 10, 'a')), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(set_mirroring(std::string(5 << 10, ' ')), StartsWith("HTTP/1.1 413"));
}

TEST_F(AdminServerTest, AClientThatDoesNotFinishItsRequestIsClosed) {
  AdminOptions options;
  options.request_timeout = std::chrono::milliseconds(50);
  start(options);
  tcp::socket slow = dial();
  asio::write(slow, asio::buffer(std::string("GET / HTTP/1.1\r\n")));
  EXPECT_EQ(rest(slow), "");  // returns because the server closed
}

TEST_F(AdminServerTest, ConnectionsOverTheLimitAreClosedAtOnceAndOthersGoOn) {
  AdminOptions options;
  options.max_connections = 3;
  start(options);
  const std::string half = "GET /healthz HTTP/1.1\r\n" + host() + "Connection: close\r\n";
  std::vector<tcp::socket> held;
  for (int i = 0; i < 3; ++i) asio::write(held.emplace_back(dial()), asio::buffer(half));
  tcp::socket fourth = dial();
  EXPECT_EQ(rest(fourth), "");
  for (tcp::socket& socket : held) {
    asio::write(socket, asio::buffer(std::string("\r\n")));
    EXPECT_THAT(rest(socket), HasSubstr("ok\n"));
  }
}

TEST_F(AdminServerTest, StopClosesIdleConnections) {
  start();
  tcp::socket idle = dial();
  asio::write(idle, asio::buffer("GET /healthz HTTP/1.1\r\n" + host() + "\r\n"));
  std::string head;
  asio::read_until(idle, asio::dynamic_buffer(head), "ok\n");
  server_->stop();
  server_->stop();
  EXPECT_EQ(rest(idle), "");
}

TEST(AdminServerStart, RefusesAForeignAddressWithoutATokenAndATakenPort) {
  AdminOptions options;
  options.host = "0.0.0.0";
  options.port = 0;
  const auto open = AdminServer::start(options, {});
  ASSERT_TRUE(open.has_error());
  EXPECT_THAT(open.error().text, HasSubstr("a token is required"));

  options.host = "127.0.0.1";
  const auto first = AdminServer::start(options, {});
  ASSERT_TRUE(first);
  options.port = (*first)->port();
  const auto second = AdminServer::start(options, {});
  ASSERT_TRUE(second.has_error());
  EXPECT_THAT(second.error().text, HasSubstr("Address already in use"));
  options.host = "no.such.host.invalid";
  EXPECT_TRUE(AdminServer::start(options, {}).has_error());
}

}  // namespace
}  // namespace truemirror
