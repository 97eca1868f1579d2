// The shadow lane over real sockets: what the arms do is compared and counted, and no client ever feels it.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

constexpr const char* kBody = R"({"id":7,"name":"Zoë"})";

const FindingReport* finding_of(const Report& report, Kind kind) {
  for (const FindingReport& finding : report.findings) {
    if (finding.kind == kind) return &finding;
  }
  return nullptr;
}

void expect_closed(const Totals& totals) {
  EXPECT_EQ(totals.sampled, totals.compared + dropped(totals) + totals.in_flight);
}

// Until the arms have answered what was mirrored.
void settle(Proxy& proxy) {
  EXPECT_TRUE(eventually([&] { return proxy.pipeline().ledger_totals().in_flight == 0; }));
}

TEST(Shadow, BothArmsGetTheSameRequestWithTheirMark) {
  Upstream stable(always(ok(kBody)));
  Upstream candidate(always(ok(R"({"id":8,"name":"Zoë"})")));
  Upstream control(always(ok(kBody)));
  Proxy proxy(stable.url(), candidate.url(), control.url());
  Client client(proxy.port());
  ASSERT_TRUE(client.get("/orders/7?x=1",
                         "Cookie: a=b\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"));
  const Report report = proxy.finish();
  EXPECT_EQ(report.totals.compared, 1u);
  EXPECT_EQ(report.totals.diverged, 1u);
  ASSERT_EQ(candidate.asked().size(), 1u);
  ASSERT_EQ(control.asked().size(), 1u);
  const Headers at_stable = stable.asked()[0].request.headers;
  const Headers at_candidate = candidate.asked()[0].request.headers;
  EXPECT_EQ(candidate.asked()[0].request.target, "/orders/7?x=1");
  EXPECT_EQ(at_candidate.get("cookie"), "a=b");
  EXPECT_EQ(at_candidate.get("host"), "test");
  EXPECT_TRUE(at_candidate.get(kMarkHeader)->starts_with("role=candidate; run="));
  EXPECT_TRUE(control.asked()[0].request.headers.get(kMarkHeader)->starts_with("role=control; run="));
  EXPECT_FALSE(at_stable.has(kMarkHeader));
  EXPECT_EQ(at_candidate.get("traceparent")->substr(0, 36), at_stable.get("traceparent")->substr(0, 36));
  EXPECT_NE(at_candidate.get("traceparent"), at_stable.get("traceparent"));
  ASSERT_NE(finding_of(report, Kind::value), nullptr);
  EXPECT_EQ(finding_of(report, Kind::value)->endpoint, "GET /orders/{id}");
  EXPECT_EQ(finding_of(report, Kind::value)->location, "body/id");
}

TEST(Shadow, AClientIsAnsweredWhileTheCandidateStillHangs) {
  Upstream stable(always(ok(kBody)));
  Upstream candidate(hangs());
  Proxy proxy(stable.url(), candidate.url(), "", [](ProxySetup& setup) {
    setup.pipeline.shadow->arm_timeout = std::chrono::hours(1);  // it will not answer during this test
  });
  Client client(proxy.port());
  for (int request = 0; request < 10; ++request) ASSERT_TRUE(client.get("/"));
  EXPECT_EQ(proxy.pipeline().ledger_totals().compared, 0u);
  candidate.close_connections();
  proxy.finish();
}

// Invariant 2, looked at by a second thread all the while.
TEST(Shadow, TheAccountingClosesInEverySnapshot) {
  Upstream stable(always(ok(kBody)));
  Upstream candidate(always(ok(kBody)));
  Proxy proxy(stable.url(), candidate.url(), "", [](ProxySetup& setup) { setup.pipeline.shadow->max_in_flight = 2; });
  std::atomic<bool> over{false};
  std::uint64_t looks = 0;
  std::uint64_t open = 0;
  std::thread observer([&] {
    while (!over || looks < 100) {
      if (!proxy.pipeline().ledger_totals().closed()) ++open;
      ++looks;
    }
  });
  std::vector<std::thread> clients;
  for (int index = 0; index < 4; ++index) {
    clients.emplace_back([&] {
      Client client(proxy.port());
      for (int request = 0; request < 100; ++request) EXPECT_TRUE(client.get("/"));
    });
  }
  for (std::thread& thread : clients) thread.join();
  over = true;
  observer.join();
  EXPECT_EQ(open, 0u);
  const Report report = proxy.finish();
  EXPECT_EQ(report.totals.sampled, 400u);
  expect_closed(report.totals);
}

// Invariant 3.
TEST(Shadow, FullBudgetDropsTheCopyCountsItAgainstTheSlowArmAndTheClientStillGets200) {
  Upstream stable(always(ok(kBody)));
  Upstream candidate(hangs());
  Upstream control(always(ok(kBody)));
  Proxy proxy(stable.url(), candidate.url(), control.url(), [](ProxySetup& setup) {
    setup.pipeline.shadow->max_in_flight = 4;
    setup.pipeline.shadow->arm_timeout = std::chrono::seconds(1);
  });
  Client client(proxy.port());
  for (int request = 0; request < 4; ++request) EXPECT_EQ(client.get("/")->status, 200);
  // While both arms hold the same a coin decides; from here on the candidate alone is full.
  while (proxy.pipeline().shadow_stats().control.in_flight > 0) std::this_thread::yield();
  for (int request = 0; request < 36; ++request) EXPECT_EQ(client.get("/")->status, 200);
  EXPECT_LE(proxy.pipeline().shadow_stats().candidate.in_flight, 4u);
  const Report report = proxy.finish();
  EXPECT_GE(report.totals.dropped.at("candidate_budget"), 30u);
  EXPECT_EQ(report.totals.dropped.count("control_budget"), 0u);
  ASSERT_EQ(report.endpoints.size(), 1u);
  for (const TestReport& test : report.endpoints[0].tests) {
    if (test.metric == "errors") {
      EXPECT_GE(test.b, 30u) << "what the candidate's slowness sheds counts against it";
      EXPECT_EQ(test.c, 0u);
    }
  }
}

TEST(Shadow, CopiesInMemoryStayUnderTheirBudget) {
  const std::string big(200'000, 'x');
  Upstream stable(always(ok(big, "")));
  Upstream candidate(hangs());
  Proxy proxy(stable.url(), candidate.url(), "", [](ProxySetup& setup) {
    setup.pipeline.shadow->max_bytes = 1'000'000;
    setup.pipeline.shadow->arm_timeout = std::chrono::seconds(2);
  });
  Client client(proxy.port());
  for (int request = 0; request < 20; ++request) {
    ASSERT_EQ(client.get("/")->body.bytes, big);
    EXPECT_LE(proxy.pipeline().shadow_stats().bytes_held, 1'000'000u);
  }
  const Report report = proxy.finish();
  EXPECT_GE(report.totals.dropped.at("bytes_budget"), 10u) << "four bodies fit, of twenty";
  EXPECT_EQ(proxy.pipeline().shadow_stats().bytes_held, 0u);
}

// Invariant 4.
TEST(Shadow, AValidMarkIsNeverMirroredAgainAndAnInvalidOneIsRemoved) {
  Upstream stable(always(ok(kBody)));
  Upstream candidate(always(ok(kBody)));
  Proxy proxy(stable.url(), candidate.url());
  const std::string mark = proxy.pipeline().marks().sign(Arm::candidate, "another-run");
  Client client(proxy.port());
  ASSERT_TRUE(client.get("/marked", "X-Truemirror-Mark: " + mark + "\r\n"));
  ASSERT_TRUE(
      client.get("/forged", "X-Truemirror-Mark: role=candidate; run=x; mac=00000000000000000000000000000000\r\n"));
  const Report report = proxy.finish();
  EXPECT_EQ(report.totals.sampled, 1u);
  ASSERT_EQ(candidate.asked().size(), 1u);
  EXPECT_EQ(candidate.asked()[0].request.target, "/forged");
  EXPECT_EQ(stable.asked()[0].request.headers.get(kMarkHeader), mark);
  EXPECT_FALSE(stable.asked()[1].request.headers.has(kMarkHeader));
}

// Invariant 5.
TEST(Shadow, OnlySafeMethodsAreMirroredUnlessARouteOptsIn) {
  Upstream stable(always(ok(kBody)));
  Upstream candidate(always(ok(kBody)));
  Proxy proxy(stable.url(), candidate.url(), "", [](ProxySetup& setup) {
    setup.plan.routes.push_back({.match = "/quote/*", .methods = {"POST"}, .fraction = std::nullopt});
  });
  Client client(proxy.port());
  for (const char* target : {"/orders", "/quote/1"}) {
    client.send("POST " + std::string(target) +
                " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
    EXPECT_EQ(client.receive("POST")->status, 200);
  }
  const Report report = proxy.finish();
  EXPECT_EQ(report.totals.requests, 2u);
  EXPECT_EQ(report.totals.sampled, 1u);
  ASSERT_EQ(candidate.asked().size(), 1u);
  EXPECT_EQ(candidate.asked()[0].request.target, "/quote/1");
  EXPECT_EQ(candidate.asked()[0].request.body.bytes, "{}");
  EXPECT_EQ(stable.asked().size(), 2u);
}

// Invariant 6.
TEST(Shadow, NoSecretReachesTheDisk) {
  constexpr const char* kSecret = "hunter2-is-no-password";
  const std::string body = std::string(R"({"password":")") + kSecret + R"(","n":1})";
  Upstream stable(always(ok(body)));
  Upstream candidate(always(ok(R"({"password":"other","n":2})",
                               "Set-Cookie: sid=hunter2-is-no-password\r\nContent-Type: application/json\r\n")));
  Proxy proxy(stable.url(), candidate.url(), "", [](ProxySetup& setup) {
    const auto folder = setup.pipeline.report_dir.parent_path();
    CaptureOptions& capture = setup.pipeline.capture.emplace();
    capture.dir = folder / "capture";
    capture.run = setup.pipeline.run.id;
    capture.redactor = setup.pipeline.aggregate.redactor;
    setup.pipeline.comparisons = folder / "lines.jsonl";
  });
  Client client(proxy.port());
  ASSERT_TRUE(client.get(std::string("/login?token=") + kSecret,
                         std::string("Authorization: Bearer ") + kSecret + "\r\nCookie: sid=" + kSecret + "\r\n"));
  const Report report = proxy.finish();
  EXPECT_EQ(report.totals.diverged, 1u);
  EXPECT_EQ(proxy.folder().all_bytes().find(kSecret), std::string::npos);
  EXPECT_EQ(candidate.asked()[0].request.headers.get("authorization"), std::string("Bearer ") + kSecret);
}

TEST(Shadow, NoClaimOfATokenReachesTheDisk) {
  // {"alg":"HS256"}.{"sub":"ada-lovelace","iat":1} against {"sub":"grace-hopper","iat":2}
  const std::string head = R"({"token":"eyJhbGciOiJIUzI1NiJ9.)";
  Upstream stable(always(ok(head + R"(eyJzdWIiOiJhZGEtbG92ZWxhY2UiLCJpYXQiOjF9.c2ln"})")));
  Upstream candidate(always(ok(head + R"(eyJzdWIiOiJncmFjZS1ob3BwZXIiLCJpYXQiOjJ9.c2ln"})")));
  Proxy proxy(stable.url(), candidate.url(), "", [](ProxySetup& setup) {
    setup.pipeline.comparisons = setup.pipeline.report_dir.parent_path() / "lines.jsonl";
  });
  Client client(proxy.port());
  ASSERT_TRUE(client.get("/login"));
  const Report report = proxy.finish();
  EXPECT_EQ(report.totals.diverged, 1u);
  const std::string disk = proxy.folder().all_bytes();
  EXPECT_NE(disk.find("body/token/~jwt/claims/sub"), std::string::npos);
  for (const std::string secret : {"ada-lovelace", "grace-hopper", "eyJzdWIi"}) {
    EXPECT_EQ(disk.find(secret), std::string::npos) << secret;
  }
}

// Invariant 7, the shadow's half.
// Invariant 7: a safe request whose kept connection is reset goes out once more, on a new one.
TEST(Shadow, ARequestIsAskedAgainOnlyWhereAKeptConnectionWasClosedUnderASafeOne) {
  for (const bool safe : {true, false}) {
    Upstream stable(always(ok(kBody)));
    std::atomic<int> seen{0};
    Upstream candidate([&](const Asked&, Socket& socket) {
      if (++seen == 2) return false;  // as a server whose keep-alive time is over
      return socket.send(ok(kBody, "Content-Type: application/json\r\nKeep-Alive: timeout=60\r\n"));
    });
    Proxy proxy(stable.url(), candidate.url(), "", [](ProxySetup& setup) {
      setup.plan.routes.push_back({.match = "**", .methods = {"GET", "POST"}, .fraction = std::nullopt});
    });
    Client client(proxy.port());
    for (int request = 0; request < 2; ++request) {
      client.send(std::string(safe ? "GET" : "POST") + " / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
      ASSERT_TRUE(client.receive());
      settle(proxy);
    }
    EXPECT_EQ(proxy.pipeline().shadow_stats().candidate.repeats, safe ? 1u : 0u);
    EXPECT_EQ(proxy.pipeline().shadow_stats().candidate.errors, 0u);
    const Report report = proxy.finish();
    EXPECT_EQ(candidate.asked().size(), safe ? 3u : 2u);
    EXPECT_EQ(report.totals.compared, safe ? 2u : 1u);
    EXPECT_EQ(report.totals.diverged, 0u);
    EXPECT_EQ(dropped(report.totals), safe ? 0u : 1u) << "stale_connection: whether it was carried out nobody knows";
  }
}

TEST(Shadow, AnArmThatIsResetAgainOrDoesNotAcceptTheNextConnectionHasFailed) {
  Upstream stable(always(ok(kBody)));
  std::atomic<int> seen{0};
  Upstream candidate([&](const Asked& asked, Socket& socket) {
    ++seen;
    return asked.request.target != "/crash" && socket.send(ok(kBody));
  });
  Proxy proxy(stable.url(), candidate.url());
  Client client(proxy.port());
  for (const char* target : {"/", "/crash"}) {
    ASSERT_TRUE(client.get(target));
    settle(proxy);
  }
  EXPECT_EQ(proxy.pipeline().shadow_stats().candidate.errors, 1u);
  const Report report = proxy.finish();
  EXPECT_EQ(seen, 3) << "once more, and no further";
  EXPECT_EQ(report.totals.compared, 2u);
  EXPECT_EQ(report.totals.diverged, 1u);
}

TEST(Shadow, TheArmsGetARequestFramedAsStableGotItWithItsTrailers) {
  Upstream stable(always(ok(kBody)));
  Upstream candidate(always(ok(kBody)));
  Proxy proxy(stable.url(), candidate.url(), "", [](ProxySetup& setup) {
    setup.plan.routes.push_back({.match = "**", .methods = {"POST"}, .fraction = std::nullopt});
  });
  Client client(proxy.port());
  for (const char* rest : {"\r\n", "Content-Length: 0\r\n\r\n", "Content-Length: 3\r\n\r\nabc",
                           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                           "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n"}) {
    client.send(std::string("POST / HTTP/1.1\r\nHost: a\r\n") + rest);
    ASSERT_TRUE(client.receive("POST"));
    settle(proxy);
  }
  proxy.finish();
  const auto at_stable = stable.asked();
  const auto at_candidate = candidate.asked();
  ASSERT_EQ(at_candidate.size(), 5u);
  for (std::size_t at = 0; at < at_candidate.size(); ++at) {
    const Request& got = at_candidate[at].request;
    EXPECT_EQ(at_candidate[at].framing.chunked, at_stable[at].framing.chunked) << at;
    EXPECT_EQ(got.headers.get("content-length"), at_stable[at].request.headers.get("content-length")) << at;
    EXPECT_EQ(got.body.bytes, at_stable[at].request.body.bytes) << at;
    EXPECT_TRUE(at_candidate[at].framing.trailers == at_stable[at].framing.trailers) << at;
  }
  EXPECT_EQ(at_candidate[4].framing.trailers.get("x-sum"), "9");
}

// Invariant 7, the live half.
TEST(Live, ARequestIsRetriedOnlyWhereAKeptConnectionWasClosedUnderAnIdempotentOne) {
  for (const auto& [idempotent, by_reset] : {std::pair{true, false}, {true, true}, {false, false}, {false, true}}) {
    std::atomic<int> seen{0};
    Upstream stable([&, reset = by_reset](const Asked&, Socket& socket) {
      if (++seen == 2) {  // a kept connection ends under the second request
        if (reset) socket.reset_on_close();
        return false;
      }
      return socket.send(ok(kBody, "Keep-Alive: timeout=60\r\n"));
    });
    Proxy proxy(stable.url(), "http://127.0.0.1:1", "",
                [](ProxySetup& setup) { setup.plan.fraction = 0, setup.live.threads = 1; });
    Client client(proxy.port());
    ASSERT_EQ(client.get("/")->status, 200);
    if (idempotent) {
      EXPECT_EQ(client.get("/drop")->status, 200);
      EXPECT_EQ(seen, 3);
    } else {
      client.send("POST /drop HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
      EXPECT_EQ(client.receive("POST")->status, 502);
      EXPECT_EQ(seen, 2) << "a request that may have been carried out is not sent twice";
    }
  }
}

// Invariant 8.
TEST(Live, AnAmbiguousMessageIsRefusedAndNothingOfItReachesStable) {
  Upstream stable(always(ok(kBody)));
  Proxy proxy(stable.url(), "http://127.0.0.1:1", "", [](ProxySetup& setup) { setup.plan.fraction = 0; });
  for (const char* bytes : {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: "
                            "chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
                            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                            "GET / HTTP/1.1\r\nHost: a\r\nX:\rTransfer-Encoding: chunked\r\n\r\n"}) {
    Client client(proxy.port());
    client.send(bytes);
    const auto response = client.receive();
    ASSERT_TRUE(response);
    EXPECT_GE(response->status, 400);
    EXPECT_EQ(client.receive_all(), "");
  }
  EXPECT_TRUE(stable.asked().empty());
}

TEST(Shadow, ACandidateThatDiesOfARequestOnAKeptConnectionIsCountedAsItsError) {
  Upstream stable(always(ok(kBody)));
  Upstream candidate(
      [](const Asked& asked, Socket& socket) { return asked.request.target != "/crash" && socket.send(ok(kBody)); });
  Upstream control(always(ok(kBody)));
  Proxy proxy(stable.url(), candidate.url(), control.url());
  Client client(proxy.port());
  for (int request = 0; request < 5; ++request) {
    ASSERT_TRUE(client.get("/fine"));
    while (proxy.pipeline().shadow_stats().candidate.in_flight > 0) std::this_thread::yield();
    ASSERT_TRUE(client.get("/crash"));
    while (proxy.pipeline().shadow_stats().candidate.in_flight > 0) std::this_thread::yield();
  }
  const Report report = proxy.finish();
  std::uint64_t errors = 0;
  for (const EndpointReport& endpoint : report.endpoints) {
    for (const TestReport& test : endpoint.tests) errors += test.metric == "errors" ? test.b : 0;
  }
  EXPECT_EQ(errors, 5u) << "whether compared or dropped as stale";
}

TEST(Shadow, TheKillSwitchStopsMirroringAndServingGoesOn) {
  Upstream stable(always(ok(kBody)));
  Upstream candidate(always(ok(kBody)));
  Proxy proxy(stable.url(), candidate.url());
  Client client(proxy.port());
  ASSERT_TRUE(client.get("/"));
  proxy.mirror(false);
  ASSERT_TRUE(client.get("/"));
  const Report report = proxy.finish();
  EXPECT_EQ(report.totals.requests, 2u);
  EXPECT_EQ(report.totals.sampled, 1u);
}

TEST(Shadow, TheBreakerOpensOnRefusalsAndWhatItShedsIsCounted) {
  Upstream stable(always(ok(kBody)));
  Proxy proxy(stable.url(), "http://127.0.0.1:1", "", [](ProxySetup& setup) {
    setup.pipeline.shadow->breaker_failures = 3;
    setup.pipeline.shadow->breaker_probe = std::chrono::hours(1);
    setup.pipeline.shadow->max_in_flight = 1;  // one after the other
  });
  Client client(proxy.port());
  while (!proxy.pipeline().shadow_stats().candidate.breaker_open) ASSERT_TRUE(client.get("/"));
  for (int request = 0; request < 10; ++request) ASSERT_TRUE(client.get("/"));
  const Report report = proxy.finish();
  EXPECT_GE(report.totals.dropped.at("candidate_breaker"), 10u);
  expect_closed(report.totals);
}

}  // namespace
}  // namespace truemirror::testing
