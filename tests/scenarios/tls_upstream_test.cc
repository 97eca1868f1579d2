// TLS with upstreams over real sockets: who is trusted, what is resumed, what an end means.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/upstream/probe.h"
#include "tests/scenarios/proxy.h"
#include "tests/scenarios/tls_peer.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNowhere = "http://127.0.0.1:1";

bool answer(const std::string&, SSL* ssl) { return tls_send(ssl, ok("hello")); }
bool answer_and_close(const std::string&, SSL* ssl) {
  (void)tls_send(ssl, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
  SSL_shutdown(ssl);
  return false;
}

class TlsUpstreams : public ::testing::Test {
 protected:
  TlsClientOptions trusted() const { return {.ca = authority_.file()}; }
  void serve(const std::string& stable, const TlsClientOptions& options) {
    proxy_.emplace(stable, kNowhere, "", [&](ProxySetup& setup) {
      setup.plan.fraction = 0;
      setup.live.threads = 1;
      setup.live.stable.tls = TlsClient::load(options).value();
    });
  }
  int status() { return Client(proxy_->port()).get("/").value().status; }
  std::string probe(const TlsUpstream& upstream, const TlsClientOptions& options) {
    return Probe(UpstreamUrl::parse(upstream.url()).value(), TlsClient::load(options).value(), std::chrono::seconds(5))
        .look();
  }

  TemporaryFolder folder_;
  Authority authority_{folder_.path(), "authority"};
  Issued local_ = authority_.issue({.names = {"IP:127.0.0.1", "orders.test"}});
  std::optional<Proxy> proxy_;
};

TEST_F(TlsUpstreams, OneThatItsCaVouchesForAnswers) {
  TlsUpstream stable(local_, answer);
  EXPECT_EQ(probe(stable, trusted()), "");
  serve(stable.url(), trusted());
  Client client(proxy_->port());
  for (int round = 0; round < 3; ++round) EXPECT_EQ(client.get("/").value().body.bytes, "hello");
  EXPECT_LE(stable.connections(), 2);  // the probe's, and one that is kept
}

TEST_F(TlsUpstreams, AnUnknownCaAWrongNameAndAnOldCertificateAreRefused) {
  Authority other(folder_.path(), "other");
  TlsUpstream unknown(other.issue({.names = {"IP:127.0.0.1"}}), answer);
  TlsUpstream misnamed(authority_.issue({.names = {"IP:127.0.0.2", "b.test"}}), answer);
  TlsUpstream expired(authority_.issue({.names = {"IP:127.0.0.1"}, .begins = -7200, .ends = -3600}), answer);
  EXPECT_THAT(probe(unknown, trusted()), HasSubstr("its certificate: self-signed certificate in certificate chain"));
  EXPECT_THAT(probe(misnamed, trusted()), HasSubstr("its certificate: IP address mismatch"));
  EXPECT_THAT(probe(expired, trusted()), HasSubstr("its certificate: certificate has expired"));
  EXPECT_THAT(probe(unknown, {}), HasSubstr("its certificate: "));  // the system's store
  for (const TlsUpstream* each : {&unknown, &misnamed, &expired}) {
    serve(each->url(), trusted());
    EXPECT_EQ(status(), 503);
    EXPECT_TRUE(each->heads().empty());
  }
}

TEST_F(TlsUpstreams, TheServerNameIsAskedForAndVerified) {
  TlsUpstream stable(local_, answer);
  TlsClientOptions options = trusted();
  options.server_name = "orders.test";
  EXPECT_EQ(probe(stable, options), "");
  options.server_name = "users.test";
  EXPECT_THAT(probe(stable, options), HasSubstr("hostname mismatch (not for users.test)"));
}

TEST_F(TlsUpstreams, OneThatAsksForACertificateGetsOurs) {
  Authority clients(folder_.path(), "clients");
  const Issued ours = clients.issue({.subject = "truemirror"});
  TlsUpstream stable(local_, answer, clients.file());
  TlsClientOptions options = trusted();
  serve(stable.url(), options);
  EXPECT_EQ(status(), 502);  // TLS 1.3: the handshake is over for us before the other side looks
  options.certificate = ours.certificate;
  options.key = ours.key;
  serve(stable.url(), options);
  EXPECT_EQ(status(), 200);
}

TEST_F(TlsUpstreams, SessionsAreResumedAndAReloadForgetsThem) {
  TlsUpstream stable(local_, answer_and_close);
  const auto tls = TlsClient::load(trusted()).value();
  proxy_.emplace(stable.url(), kNowhere, "", [&](ProxySetup& setup) {
    setup.plan.fraction = 0;
    setup.live.threads = 1;
    setup.live.stable.tls = tls;
  });
  for (int round = 0; round < 5; ++round) EXPECT_EQ(status(), 200);
  EXPECT_EQ(stable.connections(), 5);
  EXPECT_EQ(stable.resumed(), 4);
  tls->follow(*TlsClient::load(trusted()).value());
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(stable.resumed(), 4);
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(stable.resumed(), 5);
}

TEST_F(TlsUpstreams, LooksAtStableResumeTheSessionOfTheFirst) {
  std::optional<TlsUpstream> stable(std::in_place, local_, answer);
  Probe probe(UpstreamUrl::parse(stable->url()).value(), TlsClient::load(trusted()).value(), std::chrono::seconds(5));
  for (int look = 0; look < 4; ++look) EXPECT_EQ(probe.look(), "");
  EXPECT_TRUE(eventually([&] { return stable->connections() == 4; }));
  EXPECT_TRUE(eventually([&] { return stable->resumed() == 3; }));
  stable.reset();
  EXPECT_THAT(probe.look(), HasSubstr("Connection refused"));
}

TEST_F(TlsUpstreams, ATicketThatComesLateLeavesAKeptConnectionQuiet) {
  TlsUpstream stable(local_, [](const std::string&, SSL* ssl) {
    if (!tls_send(ssl, ok("hello"))) return false;
    return SSL_new_session_ticket(ssl) == 1 && SSL_do_handshake(ssl) == 1;
  });
  serve(stable.url(), trusted());
  Client client(proxy_->port());
  for (int round = 0; round < 5; ++round) EXPECT_EQ(client.get("/").value().status, 200);
  EXPECT_EQ(stable.connections(), 1);
}

TEST_F(TlsUpstreams, BytesThatNobodyAskedForEndAKeptConnection) {
  TlsUpstream stable(local_, [](const std::string& head, SSL* ssl) {
    // In one record: it cannot come after the next request.
    return tls_send(ssl, head.find("/late") == std::string::npos ? ok("hello") : ok("hello") + ok("poison"));
  });
  serve(stable.url(), trusted());
  Client client(proxy_->port());
  EXPECT_EQ(client.get("/late").value().body.bytes, "hello");
  for (int round = 0; round < 3; ++round) EXPECT_EQ(client.get("/").value().body.bytes, "hello");
}

TEST_F(TlsUpstreams, AnEndWithoutAGoodbyeIsATruncation) {
  TlsUpstream stable(local_, [](const std::string& head, SSL* ssl) {
    (void)tls_send(ssl, "HTTP/1.0 200 OK\r\n\r\nbody");
    if (head.find("/whole") != std::string::npos) SSL_shutdown(ssl);
    return false;
  });
  serve(stable.url(), trusted());
  EXPECT_EQ(Client(proxy_->port()).get("/whole").value().body.bytes, "body");
  EXPECT_FALSE(Client(proxy_->port()).get("/cut"));
}

TEST_F(TlsUpstreams, CandidateAndControlAreSpokenToOverTlsToo) {
  Upstream stable(always(ok("hello")));
  TlsUpstream candidate(local_, answer), control(local_, answer);
  proxy_.emplace(stable.url(), candidate.url(), control.url(), [&](ProxySetup& setup) {
    const auto tls = TlsClient::load(trusted()).value();
    setup.pipeline.shadow->candidate.pool.tls = tls;
    setup.pipeline.shadow->control->pool.tls = tls;
  });
  for (int round = 0; round < 5; ++round) EXPECT_EQ(status(), 200);
  const Report report = proxy_->finish();
  EXPECT_EQ(report.totals.compared, 5u);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(candidate.heads().size(), 5u);
  EXPECT_EQ(control.heads().size(), 5u);
}

}  // namespace
}  // namespace truemirror::testing
