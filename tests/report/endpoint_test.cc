#include "diff/report/endpoint.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace truemirror {
namespace {

TEST(EndpointNames, TypedSegmentsBecomePlaceholders) {
  EndpointNames names({}, 1000);
  EXPECT_EQ(names.name("GET", "/orders/42"), "GET /orders/{id}");
  EXPECT_EQ(names.name("GET", "/orders/42/lines/7?page=2#top"), "GET /orders/{id}/lines/{id}");
  EXPECT_EQ(names.name("GET", "/u/6f1ed002-ab5c-4f3d-9f0b-3a4c6a9e8d11"), "GET /u/{uuid}");
  EXPECT_EQ(names.name("GET", "/u/01ARZ3NDEKTSV4RRFFQ69G5FAV"), "GET /u/{ulid}");
  EXPECT_EQ(names.name("GET", "/commits/4f3e2a1b9c"), "GET /commits/{hex}");
  EXPECT_EQ(names.name("GET", "/days/2024-01-31"), "GET /days/{date}");
  EXPECT_EQ(names.name("GET", "/days/2024-01-31T10:00:00Z"), "GET /days/{date}");
  EXPECT_EQ(names.name("GET", "/s/dGhpcyBpcyBhIHRva2Vu9Q"), "GET /s/{token}");
  EXPECT_EQ(names.name("GET", "/users/[redacted:email:0a1b2c3d]"), "GET /users/{token}");
}

TEST(EndpointNames, WordsThatPeopleWriteStay) {
  EndpointNames names({}, 1000);
  for (const char* path : {"/decade", "/defaced", "/orders/search", "/v1/items", "/order-confirmation-2024",
                           "/2024-13-45", "/", "/a/", "/app.js", "/jquery-3.6.0.min.js", "/internationalization"}) {
    EXPECT_EQ(names.name("GET", path), "GET " + std::string(path));
  }
}

TEST(EndpointNames, AbsoluteAndAsteriskFormsHaveNoAuthority) {
  EndpointNames names({}, 1000);
  EXPECT_EQ(names.name("GET", "http://example.com/orders/1?x"), "GET /orders/{id}");
  EXPECT_EQ(names.name("GET", "http://example.com"), "GET /");
  EXPECT_EQ(names.name("OPTIONS", "*"), "OPTIONS /*");
  EXPECT_EQ(names.name("GET", ""), "GET /");
}

TEST(EndpointNames, EquivalentSpellingsAreOneEndpoint) {
  EndpointNames names({"/~user/{what}"}, 1000);
  for (const char* target : {"/cart/items", "//cart/items", "/cart/./items", "/x/../cart/items", "/c%61rt//items?a",
                             "http://h/%63art/items"})
    EXPECT_EQ(names.name("GET", target), "GET /cart/items");
  EXPECT_EQ(names.name("GET", "/caf%c3%a9/x%2fy"), "GET /caf%C3%A9/x%2Fy");
  EXPECT_EQ(names.name("GET", "/%7euser/inbox"), "GET /~user/{what}");
  EXPECT_EQ(EndpointNames({"/%7euser/{what}"}, 9).name("GET", "/~user/inbox"), "GET /~user/{what}");
}

TEST(EndpointNames, GivenRoutesComeFirstTheMoreLiteralBeforeTheLess) {
  EndpointNames names({"/users/{name}", "/users/me", "/static/**", "DELETE /users/{anyone}"}, 1000);
  EXPECT_EQ(names.name("GET", "/users/alice"), "GET /users/{name}");
  EXPECT_EQ(names.name("GET", "/users/42"), "GET /users/{name}");
  EXPECT_EQ(names.name("GET", "/users/me"), "GET /users/me");
  EXPECT_EQ(names.name("DELETE", "/users/bob"), "DELETE /users/{anyone}");
  EXPECT_EQ(names.name("GET", "/static/js/app.js"), "GET /static/**");
  EXPECT_EQ(names.name("GET", "/users/alice/orders/1"), "GET /users/alice/orders/{id}");
}

TEST(EndpointNames, ANodeWithMoreThanTwoHundredChildrenCollapses) {
  EndpointNames names({}, 1000);
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(names.name("GET", "/users/u" + std::to_string(i) + "x/orders").find("{var}"), std::string::npos);
  EXPECT_EQ(names.version(), 0u);
  EXPECT_EQ(names.name("GET", "/users/one-more/orders"), "GET /users/{var}/orders");
  EXPECT_EQ(names.version(), 1u);
  EXPECT_EQ(names.name("GET", "/users/u7x/orders"), "GET /users/{var}/orders");
  EXPECT_EQ(names.current("GET /users/u7x/orders"), "GET /users/{var}/orders");
  EXPECT_EQ(names.name("GET", "/users/42/orders"), "GET /users/{id}/orders") << "a typed segment stays what it is";
}

TEST(EndpointNames, BeyondTheCapAreOtherUntilACollapseMakesRoom) {
  EndpointNames names({}, 100);
  std::set<std::string> given;
  for (int i = 0; i < 150; ++i) given.insert(names.name("GET", "/p" + std::to_string(i) + "q"));
  EXPECT_EQ(given.size(), 101u);
  EXPECT_TRUE(given.contains(std::string(kOther)));
  for (int i = 150; i < 202; ++i) given.insert(names.name("GET", "/p" + std::to_string(i) + "q"));
  EXPECT_EQ(names.name("GET", "/p7q"), "GET /{var}");
  EXPECT_EQ(names.name("GET", "/fresh/place"), "GET /{var}/place");
  EXPECT_EQ(names.current(kOther), kOther);
}

TEST(EndpointNames, WhatIsGivenOutIsWhatItIsCalledOnceMore) {
  EndpointNames names({"/files/**"}, 1000);
  std::mt19937_64 random(7);
  const std::string alphabet = "/ab{}*?#%\x01\xff 1-[";
  for (int i = 0; i < 5000; ++i) {
    std::string target = "/";
    for (std::size_t n = random() % 40; n > 0; --n) target += alphabet[random() % alphabet.size()];
    const std::string name = names.name(i % 2 ? "GET" : "GE{\xc3T", target);
    if (name == kOther) continue;
    EXPECT_EQ(names.current(names.current(name)), names.current(name));
    for (const char c : name) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << name;
  }
}

TEST(EndpointNames, HostilePathsStayFewAndShort) {
  EndpointNames names({}, 1000);
  std::set<std::string> given;
  for (int i = 0; i < 8000; ++i) {
    std::string path;
    for (int depth = 0; depth < 12; ++depth)
      path += "/x" + std::string(static_cast<std::size_t>(i % 90), 'y') + "-" + std::to_string(i * 7 + depth) + "z";
    given.insert(names.name("GET", path));
  }
  EXPECT_LE(given.size(), 2000u);
  EXPECT_LE(names.name("GET", "/" + std::string(100'000, 'a')).size(), 20u);
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "/a";
  EXPECT_LE(names.name("PUT", deep).size(), 64u);
}

}  // namespace
}  // namespace truemirror
