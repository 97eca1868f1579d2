// A look at stable. That one without a descriptor left ends nothing is shown by tests/faults: a sanitizer needs some,
// too.
#include "proxy/upstream/probe.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

TEST(Probe, WhatRefusesIsToldWithItsAddress) {
  const UpstreamUrl nowhere = UpstreamUrl::parse("http://127.0.0.1:1").value();
  EXPECT_NE(probe_upstream(nowhere, nullptr, std::chrono::milliseconds(1'000)).find("127.0.0.1:1: Connection refused"),
            std::string::npos);
}

}  // namespace
}  // namespace truemirror
