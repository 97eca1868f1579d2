// A candidate that is not there, over real sockets: what the report of the run says first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(SilentArm, ACandidateThatRefusesIsToldByThatInTheFirstReason) {
  Upstream stable(always(ok("{}")));
  Upstream control(always(ok("{}")));
  Proxy proxy(stable.url(), kNowhere, control.url());
  Client client(proxy.port());
  for (int request = 0; request < 50; ++request) ASSERT_TRUE(client.get("/"));
  const Report report = proxy.finish();
  EXPECT_EQ(report.candidate.asked, 50u) << "those that its open breaker shed are its requests, too";
  EXPECT_EQ(report.candidate.answered, 0u);
  EXPECT_NE(report.verdict, Verdict::pass);
  EXPECT_THAT(report.reasons.at(0),
              AllOf(StartsWith("candidate_silent: the candidate has answered none of 50 requests: connection refused"),
                    HasSubstr("127.0.0.1:1")));
  EXPECT_FALSE(report.control.silent);
}

}  // namespace
}  // namespace truemirror::testing
