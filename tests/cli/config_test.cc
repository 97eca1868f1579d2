#include "proxy/cli/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Config, AnEmptyFileIsTheDefaults) {
  const ServeConfig config = parse_config("", "c.yaml").value();
  EXPECT_EQ(config.listen.http->host, "127.0.0.1");
  EXPECT_EQ(config.listen.http->port, 8080);
  EXPECT_EQ(config.admin.listen.port, 9901);
  EXPECT_EQ(config.sample, 1.0);
  EXPECT_EQ(config.report, "./truemirror-report");
  EXPECT_FALSE(config.capture.dir);
  EXPECT_GE(config.threads, 1u);
}

constexpr const char* kWhole = R"(version: 1
listen: 0.0.0.0:80
stable: http://a:9001
candidate: https://b
control: unix:/run/c.sock
sample: 25%
threads: 3
routes:
  - match: /orders/*
    methods: [GET, POST]
    sample: 0.5
    timeout: 5s
    headers:
      candidate: {set: {X-Api-Key: sandbox}, remove: [Cookie], replace: {Host: {from: .prod., to: .test.}}}
budgets: {in_flight: 100, bytes: 64MiB, copy_limit: 64KiB, compare_queue: 10, timeout: 2s}
capture: {dir: ./cap, segment_size: 1MiB, segment_age: 1m, queue: 8MiB}
redaction: {headers: [X-Pin], fields: pin, query: [sig], keep_headers: [Content-Type], keep_fields: [id]}
rules: rules.yaml
policy: policy.yaml
report: ./rep
admin: {listen: "[::1]:9000", token: 0123456789abcdef0123}
log: {level: debug, format: json}
)";

TEST(Config, WhereClientsComeInIsAnAddressOrAMap) {
  const ServeConfig config = parse_config("listen: {http: \"[::]:80\"}", "c.yaml").value();
  EXPECT_EQ(config.listen.http->host, "::");
  EXPECT_THAT(effective_config(config), HasSubstr("http: \"[::]:80\""));
  EXPECT_FALSE(config.listen.forward_connect);
  EXPECT_TRUE(parse_config("listen: {connect: forward}", "c.yaml").value().listen.forward_connect);
  EXPECT_EQ(parse_config("listen: {}", "c.yaml").value().listen.http->port, 8080);
}

constexpr const char* kOverTls = R"(listen:
  https: 0.0.0.0:443
  tls:
    certificates:
      - {certificate: a.pem, key: a.key, ocsp: a.ocsp}
      - {certificate: b.pem, key: b.key}
    minimum: 1.3
    clients: {verify: optional, ca: ca.pem, forward_certificate: true}
stable: {url: https://orders:443, ca: orders.pem, certificate: us.pem, key: us.key, server_name: orders.internal}
candidate: {url: http://127.0.0.1:9002}
)";

TEST(Config, TlsIsReadForListenersAndUpstreams) {
  const ServeConfig config = parse_config(kOverTls, "c.yaml").value();
  EXPECT_FALSE(config.listen.http);  // nobody asked for it
  EXPECT_EQ(config.listen.https->port, 443);
  ASSERT_EQ(config.listen.tls.certificates.size(), 2u);
  EXPECT_EQ(config.listen.tls.certificates[0].ocsp, "a.ocsp");
  EXPECT_TRUE(config.listen.tls.only_tls13);
  EXPECT_EQ(config.listen.tls.clients, TlsServerOptions::Clients::optional);
  EXPECT_EQ(config.stable.text, "https://orders:443");
  EXPECT_EQ(config.stable_tls.options.server_name, "orders.internal");
  EXPECT_TRUE(config.candidate_tls.options.usual());
  const std::string effective = effective_config(config);
  EXPECT_EQ(effective_config(parse_config(effective, "e.yaml").value()), effective);
  EXPECT_THAT(effective, HasSubstr("ca: orders.pem"));
  EXPECT_THAT(effective, HasSubstr("forward_certificate: true"));
}

TEST(Config, HowLongAnUpstreamKeepsConnectionsIsASettingOfEach) {
  const ServeConfig config = parse_config(
                                 "stable: {url: 'http://a:1', keep_alive: 5s}\ncandidate: http://b:2\n"
                                 "control: {url: 'http://c:3', keep_alive: 0}",
                                 "c.yaml")
                                 .value();
  EXPECT_EQ(config.stable_keep_alive, std::chrono::milliseconds(5'000));
  EXPECT_EQ(config.candidate_keep_alive, std::nullopt);
  EXPECT_EQ(config.control_keep_alive, std::chrono::milliseconds(0));
  const std::string effective = effective_config(config);
  EXPECT_EQ(effective_config(parse_config(effective, "e.yaml").value()), effective);
  EXPECT_THAT(effective, HasSubstr("keep_alive: 5s"));
  EXPECT_TRUE(parse_config("stable: {url: 'http://a:1', keep_alive: 5}", "c.yaml").has_error());
}

TEST(Config, OneCertificateNeedsNoList) {
  const ServeConfig config =
      parse_config("listen: {http: '[::]:80', https: '[::]:443', tls: {certificate: a.pem, key: a.key}}", "c.yaml")
          .value();
  EXPECT_EQ(config.listen.http->port, 80);
  ASSERT_EQ(config.listen.tls.certificates.size(), 1u);
  EXPECT_EQ(config.listen.tls.certificates[0].key, "a.key");
}

TEST(Config, EveryKeyIsRead) {
  const ServeConfig config = parse_config(kWhole, "c.yaml").value();
  EXPECT_EQ(config.listen.http->port, 80);
  EXPECT_EQ(config.stable.port, 9001);
  EXPECT_EQ(config.control->socket_path, "/run/c.sock");
  EXPECT_EQ(config.sample, 0.25);
  EXPECT_EQ(config.threads, 3u);
  ASSERT_EQ(config.routes.size(), 1u);
  const RouteConfig& route = config.routes[0];
  EXPECT_EQ(route.match, "/orders/*");
  EXPECT_THAT(route.methods, ElementsAre("GET", "POST"));
  EXPECT_EQ(route.sample, 0.5);
  EXPECT_EQ(route.timeout, std::chrono::seconds(5));
  EXPECT_EQ(route.candidate.set[0].value, "sandbox");
  EXPECT_THAT(route.candidate.remove, ElementsAre("Cookie"));
  EXPECT_EQ(route.candidate.replace[0].to, ".test.");
  EXPECT_TRUE(route.control.empty());
  EXPECT_EQ(config.budgets.in_flight, 100u);
  EXPECT_EQ(config.budgets.bytes, 64u << 20);
  EXPECT_EQ(config.budgets.timeout, std::chrono::seconds(2));
  EXPECT_EQ(config.capture.segment_bytes, 1u << 20);
  EXPECT_EQ(config.capture.segment_age, std::chrono::seconds(60));
  EXPECT_THAT(config.redaction.extra_fields, ElementsAre("pin"));
  EXPECT_THAT(*config.redaction.keep_fields, ElementsAre("id"));
  EXPECT_EQ(config.admin.listen.host, "::1");
  EXPECT_TRUE(config.log.json);
}

TEST(Config, WhatIsInEffectReadsBackAsTheSameAndHoldsNoSecret) {
  const std::string text = effective_config(parse_config(kWhole, "c.yaml").value());
  EXPECT_THAT(text, Not(HasSubstr("0123456789abcdef")));
  EXPECT_THAT(text, Not(HasSubstr("sandbox")));
  const ServeConfig again =
      parse_config(effective_config(parse_config("stable: http://a\ncandidate: http://b", "c").value()), "d").value();
  EXPECT_EQ(again.stable.text, "http://a");
  EXPECT_EQ(again.budgets.bytes, BudgetConfig().bytes);
}

struct Wrong {
  const char* yaml;
  const char* says;
};

class ConfigProblem : public testing::TestWithParam<Wrong> {};

TEST_P(ConfigProblem, NamesThePlaceAndWhatWouldBeRight) {
  const auto config = parse_config(GetParam().yaml, "c.yaml");
  ASSERT_TRUE(config.has_error()) << GetParam().yaml;
  EXPECT_THAT(config.error().text, testing::StartsWith(GetParam().says)) << GetParam().yaml;
}

INSTANTIATE_TEST_SUITE_P(
    All, ConfigProblem,
    testing::Values(
        Wrong{"stabel: http://a", "c.yaml:1:1: 'stabel' is no key of the configuration; did you mean 'stable'?"},
        Wrong{"sample: 1\nqwertyuiop: 2",
              "c.yaml:2:1: 'qwertyuiop' is no key of the configuration; there are: version"},
        Wrong{"sample: 10%\nsample: 20%", "c.yaml:2:1: 'sample' is given twice"},
        Wrong{"sample: ten", "c.yaml:1:9: sample: 'ten' is no share; write 10% or 0.1"},
        Wrong{"sample: [1]", "c.yaml:1:9: sample takes one value, such as 10%"},
        Wrong{"stable: localhost:80", "c.yaml:1:9: stable: 'localhost:80' is no upstream URL"},
        Wrong{"control: staple", "c.yaml:1:10: control: 'staple' is no upstream URL"},
        Wrong{"listen: 8080", "c.yaml:1:9: listen: '8080' is no address to listen on"},
        Wrong{"listen: {http: 8080}", "c.yaml:1:16: listen: '8080' is no address to listen on"},
        Wrong{"listen: {connect: yes}", "c.yaml:1:19: connect: give 'refuse' (CONNECT gets 501) or 'forward'"},
        Wrong{"listen: {tls: {certificate: a.pem}}", "c.yaml:1:15: the key of a.pem is missing"},
        Wrong{"listen: {tls: {certificates: [{key: a}]}}", "c.yaml:1:31: a certificate is missing"},
        Wrong{"listen: {tls: {minimum: 1.1}}", "c.yaml:1:25: minimum: '1.1' is neither 1.2 nor 1.3"},
        Wrong{"listen: {tls: {clients: {verify: always}}}", "c.yaml:1:34: verify: 'always' is none of none, optional"},
        Wrong{"listen: {tls: {clients: {verify: required}}}",
              "c.yaml:1:25: clients' certificates are verified against"},
        Wrong{"stable: {ca: a.pem}", "c.yaml:1:9: stable needs 'url: https://HOST:PORT'"},
        Wrong{"stable: {url: 'https://a', key: k}", "c.yaml:1:9: stable: certificate and key go together"},
        Wrong{"stable: {url: 'https://a', cert: k}", "c.yaml:1:28: 'cert' is no key of stable"},
        Wrong{"listen: {htpp: a}", "c.yaml:1:10: 'htpp' is no key of listen; did you mean 'http'?"},
        Wrong{"listen: {limits: {conections: 1}}", "c.yaml:1:19: 'conections' is no key of limits; did you mean"},
        Wrong{"listen: {limits: {connections: 0}}", "c.yaml:1:32: connections: '0' is out of range"},
        Wrong{"threads: 0", "c.yaml:1:10: threads: '0' is no whole number from 1 to 256"},
        Wrong{"version: 2", "c.yaml:1:10: version: '2' is none of 1"},
        Wrong{"budgets: {byte: 1}", "c.yaml:1:11: 'byte' is no key of budgets; did you mean 'bytes'?"},
        Wrong{"budgets: {bytes: 1KiB}", "c.yaml:1:10: copy_limit (1MiB) is more than bytes (1KiB)"},
        Wrong{"budgets: 5", "c.yaml:1:10: budgets takes keys"},
        Wrong{"capture: {segment_age: 1500ms}", "c.yaml:1:24: segment_age takes whole seconds"},
        Wrong{"capture: {segment_size: 1KiB}", "c.yaml:1:25: segment_size is at least 64KiB"},
        Wrong{"routes: {}", "c.yaml:1:9: routes takes a list"},
        Wrong{"routes:\n  - methods: [GET]", "c.yaml:2:5: a route needs 'match'"},
        Wrong{"routes:\n  - match: orders", "c.yaml:2:12: 'orders' is no path"},
        Wrong{"routes:\n  - match: /a/../b",
              "c.yaml:2:12: '/a/../b' is spelt in a way that routes do not see; write /b"},
        Wrong{"routes:\n  - {match: /a, methods: [get]}", "c.yaml:2:26: 'get': methods are written in capitals"},
        Wrong{"routes:\n  - {match: /a, headers: {canddate: {}}}",
              "c.yaml:2:27: 'canddate' is no key of headers; did you"},
        Wrong{"routes:\n  - {match: /a, headers: {control: {set: {'a b': 1}}}}",
              "c.yaml:2:43: 'a b' is no header name"},
        Wrong{"routes:\n  - {match: /a, headers: {control: {set: {A: \"x\\ny\"}}}}",
              "c.yaml:2:46: set holds a control"},
        Wrong{"routes:\n  - {match: /a, headers: {control: {remove: content-length}}}",
              "c.yaml:2:45: 'content-length' is set by"},
        Wrong{"admin: {token: short}", "c.yaml:1:16: token is too short"},
        Wrong{"log: {level: loud}", "c.yaml:1:14: level: 'loud' is none of debug, info, warn, error"},
        Wrong{"listen: [", "c.yaml:1:"}, Wrong{"- a\n- b", "c.yaml:1:1: the configuration takes keys"}));

// A folder of its own for files that flags name.
class ServeConfigTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(dir_); }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string file(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::string path = dir_ / name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  const std::filesystem::path dir_ =
      std::filesystem::path(testing::TempDir()) / ("config" + std::to_string(::getpid()));
};

TEST_F(ServeConfigTest, FlagsWinOverTheFile) {
  ServeFlags flags;
  flags.config = file("c.yaml", "stable: http://a\ncandidate: http://b\ncontrol: http://c\nsample: 10%\nreport: ./r\n");
  flags.candidate = "http://flag";
  flags.control = "none";
  const ServeConfig config = load_serve_config(flags).value();
  EXPECT_EQ(config.stable.text, "http://a");
  EXPECT_EQ(config.candidate.text, "http://flag");
  EXPECT_FALSE(config.control);
  EXPECT_EQ(config.sample, 0.1);
  EXPECT_EQ(config.report, "./r");
}

TEST_F(ServeConfigTest, RulesPolicyAndKeysAreLoaded) {
  ServeFlags flags;
  flags.stable = "http://a";
  flags.candidate = "http://b";
  flags.control = "stable";
  flags.policy = file("p.yaml", "coverage: 50%\n");
  flags.mark_key = file("key", "0123456789abcdef0123456789abcdef\n");
  const ServeConfig config = load_serve_config(flags).value();
  EXPECT_TRUE(config.control_is_stable);
  EXPECT_EQ(config.policy.coverage, 0.5);
  EXPECT_EQ(config.mark_key, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(config.flags.stable, "http://a");
}

TEST_F(ServeConfigTest, WhatIsMissingOrUnsafeIsNamed) {
  ServeFlags flags;
  EXPECT_THAT(load_serve_config(flags).error().text, HasSubstr("needs --stable URL"));
  flags.stable = "http://a";
  EXPECT_THAT(load_serve_config(flags).error().text, HasSubstr("needs --candidate URL"));
  flags.candidate = "http://b";
  flags.listen = flags.admin = "127.0.0.1:7000";
  EXPECT_THAT(load_serve_config(flags).error().text, HasSubstr("--listen and --admin name the same address"));
  flags.admin.reset();
  flags.mark_key = file("open", "0123456789abcdef0123456789abcdef", 0644);
  EXPECT_THAT(load_serve_config(flags).error().text, HasSubstr("others may read this key"));
  flags.mark_key = file("short", "abc");
  EXPECT_THAT(load_serve_config(flags).error().text, HasSubstr("a key has 16 to 4096 bytes, this has 3"));
  flags.mark_key = dir_ / "absent";
  EXPECT_THAT(load_serve_config(flags).error().text, HasSubstr("cannot be read: No such file"));
}

}  // namespace
}  // namespace truemirror
