// Conditional requests over real sockets: clients revalidate with what stable issued, and the arms have validators of
// their own.
#include <gtest/gtest.h>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

// Answers in full with that tag, and 304 to who has it.
Upstream::Script revalidates(const std::string& tag) {
  return [tag](const Asked& asked, Socket& socket) {
    const auto known = asked.request.headers.get("if-none-match");
    if (known && known->find(tag) != std::string_view::npos)
      return socket.send("HTTP/1.1 304 Not Modified\r\nETag: " + tag + "\r\n\r\n");
    return socket.send(ok("static", "Content-Type: text/plain\r\nETag: " + tag + "\r\n"));
  };
}

constexpr const char* kStables = "\"695735a5-7\"";
constexpr const char* kCandidates = "\"t87v6t7\"";
const std::string kRevalidate = std::string("If-None-Match: ") + kStables + "\r\n";

std::uint64_t findings_of_status(const Report& report) {
  return static_cast<std::uint64_t>(std::count_if(report.findings.begin(), report.findings.end(),
                                                  [](const auto& finding) { return finding.location == "status"; }));
}

// Until the arms have answered so many samples, so that what they issued is known.
void wait_for(Proxy& proxy, std::uint64_t compared) {
  ASSERT_TRUE(eventually([&] { return proxy.pipeline().ledger_totals().compared >= compared; }));
}

TEST(Revalidation, AnArmThatNeverIssuedTheValidatorIsUncomparedAndNotAccused) {
  Upstream stable(revalidates(kStables)), candidate(revalidates(kCandidates)), control(revalidates(kStables));
  Proxy proxy(stable.url(), candidate.url(), control.url());
  Client client(proxy.port());
  const auto answer = client.get("/f.txt", kRevalidate);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 304);
  const Report report = proxy.finish();
  EXPECT_EQ(findings_of_status(report), 0u);
  EXPECT_EQ(report.totals.compared, 1u);
  ASSERT_EQ(report.endpoints.size(), 1u);
  EXPECT_EQ(report.endpoints[0].pairs, 0u);
  EXPECT_EQ(report.endpoints[0].uncompared.candidate.at(0), 1u);
  EXPECT_EQ(report.endpoints[0].uncompared.control.at(0), 0u);
}

TEST(Revalidation, WhereItsOwnValidatorIsKnownItIsSentThat) {
  Upstream stable(revalidates(kStables)), candidate(revalidates(kCandidates)), control(revalidates(kStables));
  Proxy proxy(stable.url(), candidate.url(), control.url());
  Client client(proxy.port());
  ASSERT_TRUE(client.get("/f.txt"));
  wait_for(proxy, 1);
  ASSERT_TRUE(client.get("/f.txt", kRevalidate));
  const Report report = proxy.finish();
  EXPECT_EQ(candidate.asked().at(1).request.headers.get("if-none-match"), kCandidates);
  EXPECT_EQ(control.asked().at(1).request.headers.get("if-none-match"), kStables);
  EXPECT_EQ(stable.asked().at(1).request.headers.get("if-none-match"), kStables);
  EXPECT_EQ(findings_of_status(report), 0u);
  EXPECT_EQ(report.endpoints.at(0).pairs, 2u);
  EXPECT_EQ(report.endpoints.at(0).uncompared.candidate.at(0), 0u);
}

TEST(Revalidation, ACandidateThatDoesNotHonourWhatItIssuedDiverges) {
  Upstream stable(revalidates(kStables));
  Upstream candidate(always(ok("static", std::string("Content-Type: text/plain\r\nETag: ") + kStables + "\r\n")));
  Proxy proxy(stable.url(), candidate.url());
  Client client(proxy.port());
  ASSERT_TRUE(client.get("/f.txt"));
  wait_for(proxy, 1);
  ASSERT_TRUE(client.get("/f.txt", kRevalidate));
  const Report report = proxy.finish();
  EXPECT_EQ(findings_of_status(report), 1u);
  EXPECT_EQ(report.endpoints.at(0).uncompared.candidate.at(0), 0u);
}

}  // namespace
}  // namespace truemirror::testing
