// A look at stable. That one without a descriptor left ends nothing is shown by tests/faults: a sanitizer needs some,
// too.
#include "proxy/upstream/probe.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

TEST(Probe, WhatRefusesIsToldWithItsAddress) {
  const UpstreamUrl nowhere = UpstreamUrl::parse("http://127.0.0.1:1").value();
  Probe probe(nowhere, nullptr, std::chrono::milliseconds(1'000));
  for (int look = 0; look < 2; ++look)
    EXPECT_NE(probe.look().find("127.0.0.1:1: Connection refused"), std::string::npos);
}

}  // namespace
}  // namespace truemirror
