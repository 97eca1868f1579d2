// A request that is spelt to look like another: what the routes keep from the candidate stays kept, and stable gets the
// target as it came.
#include <gmock/gmock.h>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

using ::testing::ElementsAre;

constexpr const char* kBody = R"({"ok":true})";

std::vector<std::string> targets_of(const Upstream& upstream) {
  std::vector<std::string> targets;
  for (const auto& asked : upstream.asked()) targets.push_back(asked.request.target);
  return targets;
}

// Invariant 5.
TEST(Paths, APostThatIsSpeltLikeOneOfAnotherRouteIsNotMirrored) {
  Upstream stable(always(ok(kBody)));
  Upstream candidate(always(ok(kBody)));
  Proxy proxy(stable.url(), candidate.url(), "", [](ProxySetup& setup) {
    setup.plan.routes.push_back({.match = "/quotes/**", .methods = {"GET", "POST"}, .fraction = std::nullopt});
  });
  Client client(proxy.port());
  const std::vector<std::string> spellings{"/quotes/../orders",   "/quotes/%2e%2E/orders", "/quotes/..%2forders",
                                           "/quotes/..;a/orders", "/quotes\\..\\orders",   "/quotes/%252e%252e/orders"};
  for (const std::string& target : spellings) {
    client.send("POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(client.receive("POST")->status, 200);
  }
  client.send("POST /%71uotes/./1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client.receive("POST")->status, 200);
  const Report report = proxy.finish();
  EXPECT_EQ(report.totals.sampled, 1u);
  EXPECT_THAT(targets_of(candidate), ElementsAre("/%71uotes/./1"));
  std::vector<std::string> all = spellings;
  all.emplace_back("/%71uotes/./1");
  EXPECT_EQ(targets_of(stable), all);
}

TEST(Paths, ASpellingKeepsNoRealCredentialsAndIsOneEndpoint) {
  Upstream stable(always(ok(kBody)));
  Upstream candidate(always(ok(kBody)));
  Proxy proxy(stable.url(), candidate.url(), "", [](ProxySetup& setup) {
    ArmRoute route{.match = "/account/**", .timeout = {}, .candidate = {}, .control = {}};
    route.candidate.set.emplace_back("Authorization", "sandbox");
    setup.pipeline.shadow->routes.push_back(route);
  });
  Client client(proxy.port());
  for (const char* target : {"/account/me", "//account/me", "/./account/me", "/%61ccount/me", "/x/../account/me"})
    ASSERT_TRUE(client.get(target, "Authorization: real\r\n"));
  const Report report = proxy.finish();
  EXPECT_EQ(candidate.asked().size(), 5u);
  for (const auto& asked : candidate.asked()) EXPECT_EQ(asked.request.headers.get("authorization"), "sandbox");
  for (const auto& asked : stable.asked()) EXPECT_EQ(asked.request.headers.get("authorization"), "real");
  ASSERT_EQ(report.endpoints.size(), 1u);
  EXPECT_EQ(report.endpoints[0].endpoint, "GET /account/me");
}

}  // namespace
}  // namespace truemirror::testing
