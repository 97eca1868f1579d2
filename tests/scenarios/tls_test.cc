// TLS with clients over real sockets: which certificate, what is agreed, who is let in, what stable is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/live/tls_server.h"
#include "tests/scenarios/proxy.h"
#include "tests/scenarios/tls_peer.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Certificate = TlsServerOptions::Certificate;

constexpr const char* kNowhere = "http://127.0.0.1:1";

// A CA, a stable, and a proxy with a TLS listener beside the plain one.
class Tls : public ::testing::Test {
 protected:
  Issued issue(Wish wish) { return authority_.issue(wish); }
  static Certificate files(const Issued& issued) { return {issued.certificate, issued.key, {}}; }

  void serve(const TlsServerOptions& options, const std::function<void(LiveOptions&)>& change = {}) {
    proxy_.emplace(stable_.url(), kNowhere, "", [&](ProxySetup& setup) {
      setup.plan.fraction = 0;
      setup.live.https = {"127.0.0.1", 0};
      setup.live.tls = TlsServer::load(options).value();
      if (change) change(setup.live);
    });
  }
  void serve_one(const std::function<void(LiveOptions&)>& change = {}) {
    serve({.certificates = {files(issue({.names = {"a.test"}}))}}, change);
  }
  TlsClientSocket connect(const TlsAsk& ask) { return {proxy_->live().https_port(), ask}; }
  std::string subject_for(const std::string& name) {
    return connect({.ca = authority_.file(), .name = name}).subject();
  }
  std::uint64_t failures(HandshakeFailure failure) {
    return proxy_->live_stats().failed_handshakes.at(static_cast<std::size_t>(failure));
  }
  // Counters follow what a client sees by a moment.
  void wait_for(const std::function<bool()>& condition) {
    for (int tries = 0; tries < 1000 && !condition(); ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(condition());
  }

  TemporaryFolder folder_;
  Authority authority_{folder_.path(), "authority"};
  Upstream::Script script_ = always(ok("hello"));  // set before the first request
  Upstream stable_{[this](const Asked& asked, Socket& socket) { return script_(asked, socket); }};
  std::optional<Proxy> proxy_;
};

TEST_F(Tls, StableIsToldThatTheClientCameByHttps) {
  serve_one();
  TlsClientSocket client = connect({.ca = authority_.file(), .name = "a.test"});
  ASSERT_TRUE(client.connected()) << client.problem();
  EXPECT_THAT(client.get("/one"), HasSubstr("hello"));
  EXPECT_THAT(client.get("/two"), HasSubstr("hello"));
  const auto asked = stable_.asked();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[1].request.target, "/two");
  EXPECT_EQ(asked[1].request.headers.get("x-forwarded-proto"), "https");
  EXPECT_EQ(proxy_->live_stats().full_handshakes, 1u);
}

TEST_F(Tls, LargeBodiesGoBothWays) {
  script_ = [](const Asked& asked, Socket& socket) { return socket.send(ok(asked.request.body.bytes)); };
  serve_one();
  TlsClientSocket client = connect({});
  const std::string body(3'000'000, 'b');
  client.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3000000\r\n\r\n" + body);
  const std::string all = client.receive_all();
  EXPECT_EQ(all.substr(all.find("\r\n\r\n") + 4), body);
  EXPECT_TRUE(client.said_goodbye());
}

TEST_F(Tls, TheNameAskedForChoosesTheCertificate) {
  serve({.certificates = {files(issue({.names = {"first.test"}, .subject = "first"})),
                          files(issue({.names = {"*.wild.test"}, .subject = "wild"})),
                          files(issue({.names = {"a.wild.test"}, .subject = "exact"}))}});
  EXPECT_THAT(subject_for("A.wild.test"), HasSubstr("CN=exact"));
  EXPECT_THAT(subject_for("b.wild.test"), HasSubstr("CN=wild"));
  EXPECT_THAT(subject_for("c.b.wild.test"), HasSubstr("CN=first"));  // a wildcard is one label
  EXPECT_THAT(subject_for("wild.test"), HasSubstr("CN=first"));
  EXPECT_THAT(subject_for("first.test"), HasSubstr("CN=first"));
  EXPECT_THAT(subject_for(""), HasSubstr("CN=first"));
}

TEST_F(Tls, RsaAndEcdsaStandSideBySide) {
  serve({.certificates = {files(issue({.names = {"a.test"}, .subject = "ecdsa"})),
                          files(issue({.names = {"a.test"}, .subject = "rsa", .rsa = true}))}});
  for (const char* name : {"a.test", ""}) {
    EXPECT_THAT(connect({.name = name, .signatures = "RSA-PSS+SHA256"}).subject(), HasSubstr("CN=rsa"));
    EXPECT_THAT(connect({.name = name, .signatures = "ECDSA+SHA256"}).subject(), HasSubstr("CN=ecdsa"));
    EXPECT_THAT(connect({.name = name}).subject(), HasSubstr("CN=ecdsa"));
  }
}

TEST_F(Tls, Http11IsAgreedOnAndNothingElse) {
  serve_one();
  EXPECT_EQ(connect({.alpn = "http/1.1"}).alpn(), "http/1.1");
  TlsClientSocket other = connect({.alpn = "h2"});
  EXPECT_FALSE(other.connected());
  EXPECT_THAT(other.problem(), HasSubstr("no application protocol"));
  wait_for([&] { return failures(HandshakeFailure::no_agreement) == 1; });
}

TEST_F(Tls, SessionsResumeOnEveryThreadUntilTheirKeyIsGone) {
  serve_one();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClientSocket first = connect({.version = version});
    ASSERT_THAT(first.get("/"), HasSubstr("hello"));
    EXPECT_FALSE(first.resumed());
    const UniqueSession session = first.session();
    ASSERT_NE(session, nullptr);
    // The kernel spreads connections over both threads.
    for (int round = 0; round < 8; ++round) {
      TlsClientSocket again = connect({.version = version, .resume = session.get()});
      EXPECT_THAT(again.get("/"), HasSubstr("hello"));
      EXPECT_TRUE(again.resumed()) << version;
    }
    for (int rotation = 0; rotation < 3; ++rotation) {
      TlsClientSocket again = connect({.version = version, .resume = session.get()});
      EXPECT_THAT(again.get("/"), HasSubstr("hello"));
      EXPECT_TRUE(again.resumed()) << version << " after rotation " << rotation;
      proxy_->live().rotate_ticket_keys().value();
    }
    wait_for([&] { return !connect({.version = version, .resume = session.get()}).resumed(); });
  }
}

TEST_F(Tls, TheVerifiedSubjectIsForwardedAndNobodyForgesIt) {
  Authority clients(folder_.path(), "clients");
  const Issued alice = clients.issue({.subject = "alice\n,x"});
  serve({.certificates = {files(issue({.names = {"a.test"}}))},
         .clients = TlsServerOptions::Clients::optional,
         .client_ca = clients.file(),
         .forward_certificate = true});
  const std::string forged =
      "X-Client-Subject: CN=root\r\nx_client_subject: CN=root\r\nCLIENT-CERT: :AAAA:\r\nClient-Cert-Chain: :AAAA:\r\n";
  EXPECT_THAT(connect({.show = &alice}).get("/", forged), HasSubstr("hello"));
  EXPECT_THAT(connect({}).get("/", forged), HasSubstr("hello"));
  EXPECT_TRUE(Client(proxy_->port()).get("/", forged));
  const auto asked = stable_.asked();
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_THAT(asked[0].head, HasSubstr("X-Client-Subject: CN=alice\\0A\\,x,O=Tests\r\n"));
  EXPECT_THAT(asked[0].head, HasSubstr("\r\nClient-Cert: :MII"));
  for (const Asked& each : asked) {
    EXPECT_THAT(each.head, Not(HasSubstr("CN=root")));
    EXPECT_THAT(each.head, Not(HasSubstr("AAAA:")));
  }
  for (const char* name : {"x-client-subject", "client-cert"}) {
    EXPECT_FALSE(asked[1].request.headers.has(name)) << name;
    EXPECT_FALSE(asked[2].request.headers.has(name)) << name;
  }
}

TEST_F(Tls, AResumedSessionStillKnowsItsClient) {
  Authority clients(folder_.path(), "clients");
  const Issued alice = clients.issue({.subject = "alice"});
  serve({.certificates = {files(issue({.names = {"a.test"}}))},
         .clients = TlsServerOptions::Clients::required,
         .client_ca = clients.file()});
  TlsClientSocket first = connect({.show = &alice});
  EXPECT_THAT(first.get("/"), HasSubstr("hello"));
  const UniqueSession session = first.session();
  TlsClientSocket again = connect({.resume = session.get()});
  EXPECT_THAT(again.get("/"), HasSubstr("hello"));
  EXPECT_TRUE(again.resumed());
  EXPECT_EQ(stable_.asked().back().request.headers.get("x-client-subject"), "CN=alice,O=Tests");
}

TEST_F(Tls, WithoutTheRequiredCertificateNobodyComesIn) {
  Authority clients(folder_.path(), "clients");
  const Issued stranger = issue({.subject = "stranger"});  // of another CA
  serve({.certificates = {files(issue({.names = {"a.test"}}))},
         .clients = TlsServerOptions::Clients::required,
         .client_ca = clients.file()});
  for (const Issued* show : {static_cast<const Issued*>(nullptr), &stranger}) {
    EXPECT_THAT(connect({.show = show}).get("/"), IsEmpty());
    EXPECT_FALSE(connect({.version = TLS1_2_VERSION, .show = show}).connected());
  }
  wait_for([&] { return failures(HandshakeFailure::no_certificate) == 4; });
  EXPECT_THAT(stable_.asked(), IsEmpty());
}

TEST_F(Tls, AReloadServesTheNewCertificateAndKeepsConnections) {
  serve({.certificates = {files(issue({.names = {"a.test"}, .subject = "before"}))}});
  TlsClientSocket open = connect({});
  EXPECT_THAT(open.get("/"), HasSubstr("hello"));
  proxy_->live().follow(
      TlsServer::load({.certificates = {files(issue({.names = {"a.test"}, .subject = "after"}))}}).value());
  wait_for([&] { return subject_for("a.test").find("CN=after") != std::string::npos; });
  EXPECT_THAT(open.get("/"), HasSubstr("hello"));
  EXPECT_THAT(open.subject(), HasSubstr("CN=before"));
}

TEST_F(Tls, AStapleThatIsInDateIsSent) {
  const Issued issued = issue({.names = {"a.test"}});
  const Certificate stapled{issued.certificate, issued.key, authority_.staple(issued, 3600)};
  serve({.certificates = {stapled}});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
    EXPECT_TRUE(connect({.name = "a.test", .version = version, .staple = true}).stapled());
  EXPECT_FALSE(connect({.name = "a.test"}).stapled());
}

TEST_F(Tls, AStapleOutOfDateIsAWarningAndAnotherCertificatesIsAnError) {
  const Issued issued = issue({.names = {"a.test"}});
  const Issued other = issue({.names = {"b.test"}});
  const auto old =
      TlsServer::load({.certificates = {{issued.certificate, issued.key, authority_.staple(issued, -3600)}}});
  ASSERT_EQ(old.value()->warnings().size(), 1u);
  EXPECT_THAT(old.value()->warnings()[0], HasSubstr("out of date and is not sent"));
  const auto wrong =
      TlsServer::load({.certificates = {{issued.certificate, issued.key, authority_.staple(other, 3600)}}});
  ASSERT_TRUE(wrong.has_error());
  EXPECT_THAT(wrong.error().text, HasSubstr("about another certificate than CN=leaf,O=Tests"));
  EXPECT_THAT(TlsServer::load({.certificates = {{issued.certificate, issued.key, issued.key}}}).error().text,
              HasSubstr("holds no OCSP response"));
}

TEST_F(Tls, AFileThatCannotBeUsedSaysWhatWouldBeRight) {
  const Issued one = issue({.names = {"a.test"}});
  const Issued other = issue({.names = {"b.test"}});
  const std::filesystem::path encrypted = folder_.path() / "encrypted.key";
  write_encrypted_key(encrypted, one.private_key.get());
  const auto problem = [](const std::filesystem::path& certificate, const std::filesystem::path& key) {
    return TlsServer::load({.certificates = {{certificate, key, {}}}}).error().text;
  };
  EXPECT_THAT(problem("/nowhere.pem", one.key), HasSubstr("/nowhere.pem: cannot be read: No such file"));
  EXPECT_THAT(problem(one.certificate, other.key),
              HasSubstr("is not the key of the certificate in " + one.certificate.string()));
  EXPECT_THAT(problem(one.certificate, encrypted), HasSubstr("openssl pkey"));
  EXPECT_THAT(problem(one.key, one.certificate), HasSubstr("are the two files swapped?"));
  EXPECT_THAT(problem(one.certificate, one.certificate), HasSubstr("holds no private key"));
}

TEST_F(Tls, AnExpiredCertificateAndAKeyThatAllMayReadAreWarnings) {
  const Issued expired = issue({.names = {"a.test"}, .begins = -7200, .ends = -3600});
  std::filesystem::permissions(expired.key, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  const auto warnings = TlsServer::load({.certificates = {files(expired)}}).value()->warnings();
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_THAT(warnings[0], HasSubstr("chmod 600"));
  EXPECT_THAT(warnings[1], HasSubstr("the certificate expired on"));
}

TEST_F(Tls, AHandshakeThatStandsStillIsEnded) {
  serve_one([](LiveOptions& live) { live.limits.handshake_timeout = std::chrono::milliseconds(100); });
  Client silent(proxy_->live().https_port());
  EXPECT_EQ(silent.receive_all(), "");
  wait_for([&] { return failures(HandshakeFailure::timeout) == 1; });
  wait_for([&] { return proxy_->live_stats().open_connections == 0; });
}

TEST_F(Tls, HandshakesUnderWayAreBoundedAndOneThatStandsStillGivesWay) {
  serve_one([](LiveOptions& live) {
    live.threads = 1;
    live.limits.handshakes = 2;
  });
  Client first(proxy_->live().https_port());
  Client second(proxy_->live().https_port());
  EXPECT_THAT(connect({}).get("/"), HasSubstr("hello"));
  EXPECT_EQ(failures(HandshakeFailure::crowded_out), 1u);
  EXPECT_EQ(first.receive_all(), "");
}

TEST_F(Tls, PlainHttpIsTold) {
  serve_one();
  Client plain(proxy_->live().https_port());
  const auto response = plain.get("/");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 400);
  EXPECT_THAT(std::string(response->body.bytes), HasSubstr("https://"));
  EXPECT_EQ(plain.receive_all(), "");
  EXPECT_EQ(failures(HandshakeFailure::not_tls), 1u);
  EXPECT_THAT(stable_.asked(), IsEmpty());
}

TEST_F(Tls, WhatIsOverSaysGoodbyeAndWhatIsCutOffDoesNot) {
  script_ = [](const Asked& asked, Socket& socket) {
    if (asked.request.target == "/whole") return socket.send(ok("hello"));
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    return false;
  };
  serve_one();
  TlsClientSocket cut = connect({});
  cut.send("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(cut.receive_all(), HasSubstr("half"));
  EXPECT_FALSE(cut.said_goodbye());
  TlsClientSocket over = connect({});
  over.send("GET /whole HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(over.receive_all(), HasSubstr("hello"));
  EXPECT_TRUE(over.said_goodbye());
  TlsClientSocket idle = connect({});
  EXPECT_THAT(idle.get("/whole"), HasSubstr("hello"));
  (void)proxy_->finish();
  EXPECT_EQ(idle.receive(), "");
  EXPECT_TRUE(idle.said_goodbye());
}

TEST_F(Tls, BytesThatCameWithTheHandshakeOrWithARecordBeforeAreNotForgotten) {
  serve_one();
  TlsClientSocket client = connect({});
  // Two records in one segment, and two requests in one record.
  const std::string one = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string last = "GET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  client.send(one + one);
  client.send(one);
  client.send(last);
  const std::string all = client.receive_all();
  std::size_t answers = 0;
  for (std::size_t at = all.find("hello"); at != std::string::npos; at = all.find("hello", at + 1)) ++answers;
  EXPECT_EQ(answers, 4u);
}

}  // namespace
}  // namespace truemirror::testing
