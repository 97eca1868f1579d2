#include "proxy/cli/restart_needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truemirror {
namespace {

using testing::ElementsAre;

std::vector<std::string> needs(std::string_view running, std::string_view fresh) {
  return restart_needs(parse_config(running, "c.yaml").value(), parse_config(fresh, "c.yaml").value());
}

TEST(RestartNeeds, WhatIsMirroredAndLoggedNeedsNone) {
  EXPECT_THAT(needs("sample: 10%", "sample: 20%"), ElementsAre());
  EXPECT_THAT(needs("log: {level: info}", "log: {level: debug}"), ElementsAre());
  EXPECT_THAT(needs("routes: [{match: /a, sample: 1%}]", "routes: [{match: /b, methods: [POST]}, {match: /c}]"),
              ElementsAre());
}

TEST(RestartNeeds, AListenerForTlsWhereThereWasNoneNeedsOne) {
  EXPECT_THAT(
      needs("listen: {http: 127.0.0.1:80}",
            "listen: {http: 127.0.0.1:80, https: 127.0.0.1:443, tls: {certificates: [{certificate: a, key: b}]}}"),
      ElementsAre("listen"));
}

TEST(RestartNeeds, UpstreamsBudgetsAndWhatRoutesDoToCopiesNeedOne) {
  EXPECT_THAT(needs("stable: http://a", "stable: http://b"), ElementsAre("stable"));
  EXPECT_THAT(needs("{control: http://a, threads: 1}", "{threads: 2}"), ElementsAre("control", "threads"));
  EXPECT_THAT(needs("routes: [{match: /a}]", "routes: [{match: /a, timeout: 1s}]"), ElementsAre("routes"));
  EXPECT_THAT(needs("", "{capture: {dir: c}, budgets: {in_flight: 7}}"), ElementsAre("budgets", "capture"));
}

}  // namespace
}  // namespace truemirror
