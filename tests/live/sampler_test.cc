#include "proxy/live/sampler.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

const std::atomic<bool> kEnabled{true};

SamplingRoute route(std::string match, std::vector<std::string> methods, std::optional<double> fraction = {}) {
  return {.match = std::move(match), .methods = std::move(methods), .fraction = fraction};
}

Sampler sampler_of(std::vector<SamplingRoute> routes, double fraction = 1) {
  return {std::make_shared<SamplingPlan>(SamplingPlan{fraction, std::move(routes)}), kEnabled, 1};
}

TEST(Sampler, MirrorsSafeMethodsAndWhatARouteOptsIn) {
  Sampler sampler = sampler_of({route("/quotes/**", {"GET", "POST"})});
  EXPECT_TRUE(sampler.choose("GET", "/orders"));
  EXPECT_TRUE(sampler.choose("OPTIONS", "*"));
  EXPECT_FALSE(sampler.choose("POST", "/orders"));
  EXPECT_TRUE(sampler.choose("POST", "/quotes/1?x=/../y"));
  EXPECT_FALSE(sampler.choose("HEAD", "/quotes/1")) << "a route's methods are all it has";
}

TEST(Sampler, TheFirstRouteThatMatchesDecides) {
  Sampler sampler = sampler_of({route("/a/b", {}, 1.0), route("/a/**", {}, 0.0), route("/**", {"GET"})});
  EXPECT_TRUE(sampler.choose("GET", "/a/b"));
  EXPECT_FALSE(sampler.choose("GET", "/a/c"));
  EXPECT_TRUE(sampler.choose("GET", "/b"));
}

TEST(Sampler, ChanceKeepsToTheFraction) {
  Sampler sampler = sampler_of({route("/half", {}, 0.5)}, 0.25);
  int half = 0, quarter = 0;
  for (int i = 0; i < 4'000; ++i) {
    half += sampler.choose("GET", "/half") ? 1 : 0;
    quarter += sampler.choose("GET", "/else") ? 1 : 0;
  }
  EXPECT_NEAR(half, 2'000, 150);
  EXPECT_NEAR(quarter, 1'000, 150);
}

TEST(Sampler, NoSpellingOptsInWhatTheRoutesDoNot) {
  Sampler sampler = sampler_of({route("/quotes/**", {"GET", "POST"})});
  for (const char* target : {"/quotes/../orders",
                             "/quotes/%2e%2e/orders",
                             "/quotes/%2E./orders",
                             "/quotes/..%2forders",
                             "/quotes/..;/orders",
                             "/quotes/..;a=b/orders",
                             "/quotes\\..\\orders",
                             "/quotes/..%5Corders",
                             "/quotes/%252e%252e/orders",
                             "/quotes/..%252Forders",
                             "/quotes/%u002e%u002e/orders",
                             "/quotes/%c0%ae%c0%ae/orders",
                             "//quotes/orders",
                             "/quotes/./../orders",
                             "/quotes//../orders",
                             "/quotes/a/../../orders",
                             "/%71uotes/x/..%2F../orders",
                             "/quotes%3F/../orders",
                             "/quotes/%2e%2e%2forders?x",
                             "/quotes/..",
                             "/quotes/%2e%2e",
                             "/orders;/quotes/1",
                             "http://h/quotes/../orders"})
    EXPECT_FALSE(sampler.choose("POST", target)) << target;
  for (const char* target : {"/quotes/1", "/%71uotes/1", "/quotes/./1", "/quotes//1", "/quotes/a%2Fb", "/quotes/1;v=2",
                             "/quotes/a/../b", "/quotes/%7E1", "http://h/quotes/1"})
    EXPECT_TRUE(sampler.choose("POST", target)) << target;
}

TEST(Sampler, NoSpellingGetsPastARouteThatExcludes) {
  Sampler sampler = sampler_of({route("/private/**", {}, 0.0), route("/one", {}, 0.0)});
  for (const char* target : {"//private/1",
                             "/%70rivate/1",
                             "/x/../private/1",
                             "/./private/1",
                             "/private",
                             "/private/",
                             "/private/../x",
                             "/%2570rivate/1",
                             "/private;a=1/1",
                             "/;a/private/1",
                             "/private%2F1",
                             "/private\\1",
                             "\\private\\1",
                             "/x/..;/private/1",
                             "/x%2f..%2fprivate/1",
                             "/private%3Fa",
                             "/private%00",
                             "/one/",
                             "/one/.",
                             "/one;a",
                             "//h/private/1",
                             "/\\h/private/1",
                             "http://h//private/1",
                             "/x/%2e%2e%5cprivate/1"})
    EXPECT_FALSE(sampler.choose("GET", target)) << target;
  for (const char* target : {"/", "/privates/1", "/x/private/1", "/x/./y", "/a%2Fb", "/a;x/b", "/one/two"})
    EXPECT_TRUE(sampler.choose("GET", target)) << target;
}

TEST(Sampler, WhatMayBeAnyPathIsMirroredWhereAllOfThemAre) {
  constexpr const char* kAny = "/a;b/..%3B/c";
  Sampler open = sampler_of({});
  Sampler excluding = sampler_of({route("/private/**", {}, 0.0)});
  Sampler including = sampler_of({route("/quotes/**", {"GET", "POST"})});
  EXPECT_TRUE(open.choose("GET", kAny));
  EXPECT_FALSE(excluding.choose("GET", kAny));
  EXPECT_TRUE(including.choose("GET", kAny));
  EXPECT_FALSE(including.choose("POST", kAny));
}

TEST(Sampler, TheLowestFractionOfAllReadingsCounts) {
  Sampler sampler = sampler_of({route("/rare/**", {}, 0.1)});
  int chosen = 0;
  for (int i = 0; i < 4'000; ++i) chosen += sampler.choose("GET", "/often%2F..%2Frare") ? 1 : 0;
  EXPECT_NEAR(chosen, 400, 100);
}

TEST(Sampler, ASlashAtTheEndNeverLoosens) {
  Sampler sampler = sampler_of({route("/in/", {"POST"}), route("/out", {}, 0.0)});
  EXPECT_TRUE(sampler.choose("POST", "/in/"));
  EXPECT_FALSE(sampler.choose("POST", "/in"));
  EXPECT_FALSE(sampler.choose("GET", "/out/"));
}

}  // namespace
}  // namespace truemirror
