#include "proxy/shadow/arm_routes.h"

#include <gmock/gmock.h>

#include "proxy/shadow/arm_request.h"

namespace truemirror {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

HeaderEdits setting(std::string value) {
  HeaderEdits edits;
  edits.set.emplace_back("Authorization", std::move(value));
  return edits;
}

// What the candidate is sent for a target, with the real credentials of a client.
std::string sent_for(const std::vector<ArmRoute>& routes, std::string target) {
  Sample sample;
  sample.head = "GET " + target + " HTTP/1.1\r\nHost: h\r\nAuthorization: real\r\nCookie: real\r\n";
  sample.target = std::move(target);
  ArmRoutes of(routes, milliseconds(10'000));
  std::string head;
  write_arm_request_head(sample, of.of(sample.target).candidate, "mark", head);
  return head;
}

TEST(ArmRoutes, APlainPathGetsTheVeryRouteThatMatchesFirst) {
  const std::vector<ArmRoute> routes{{"/a", {}, {}, {}}, {"/**", milliseconds(5), {}, {}}};
  ArmRoutes of(routes, milliseconds(10));
  EXPECT_EQ(&of.of("/a?b"), &routes[0]);
  EXPECT_EQ(&of.of("/b"), &routes[1]);
  const std::vector<ArmRoute> one{{"/a", {}, {}, {}}};
  EXPECT_FALSE(ArmRoutes(one, milliseconds(10)).of("/b").timeout);
}

TEST(ArmRoutes, NoSpellingKeepsRealCredentialsOrChangesTheTarget) {
  const std::vector<ArmRoute> routes{{"/account/**", {}, setting("sandbox"), {}}};
  for (const char* target :
       {"/account/1", "//account/1", "/./account/1", "/x/../account/1", "/%61ccount/1", "/account%2f1", "/account\\1",
        "/account;a/1", "/x/..;/account/1", "/%2561ccount/1", "/a;b/..%3B/c", "/account/../x"}) {
    const std::string head = sent_for(routes, target);
    EXPECT_THAT(head, HasSubstr("Authorization: sandbox\r\n")) << target;
    EXPECT_THAT(head, Not(HasSubstr("Authorization: real"))) << target;
    EXPECT_TRUE(head.starts_with("GET " + std::string(target) + " HTTP/1.1\r\n"));
  }
  EXPECT_THAT(sent_for(routes, "/x/./1"), HasSubstr("Authorization: real"));
}

TEST(ArmRoutes, OfSeveralReadingsAllEditsAreMade) {
  ArmRoute no_cookie{"/a/**", {}, {}, {}};
  no_cookie.candidate.remove = {"cookie"};
  const std::vector<ArmRoute> routes{
      no_cookie, {"/b/**", {}, setting("first"), {}}, {"/c/**", {}, setting("other"), {}}};
  EXPECT_THAT(sent_for(routes, "/a/../b/1"), HasSubstr("Authorization: first\r\n"));
  EXPECT_THAT(sent_for(routes, "/a/../b/1"), Not(HasSubstr("Cookie")));
  const std::string either = sent_for(routes, "/c/../b/1");
  EXPECT_THAT(either, HasSubstr("Authorization: first\r\n"));
  EXPECT_THAT(either, Not(HasSubstr("other")));
}

TEST(ArmRoutes, WhatOneReadingRemovesNoOtherSets) {
  ArmRoute anonymous{"/a/**", {}, {}, {}};
  anonymous.candidate.remove = {"authorization"};
  for (const bool first : {true, false}) {
    std::vector<ArmRoute> routes{{"/b/**", {}, setting("sandbox"), {}}};
    routes.insert(first ? routes.begin() : routes.end(), anonymous);
    EXPECT_THAT(sent_for(routes, "/a/../b/1"), Not(HasSubstr("Authorization")));
    EXPECT_THAT(sent_for(routes, "/b/1"), HasSubstr("Authorization: sandbox"));
  }
}

TEST(ArmRoutes, TheShortestTimeoutOfAllReadingsCounts) {
  const std::vector<ArmRoute> routes{{"/fast/**", milliseconds(100), {}, {}},
                                     {"/slow/**", milliseconds(90'000), {}, {}}};
  ArmRoutes of(routes, milliseconds(10'000));
  EXPECT_EQ(of.of("/slow/1").timeout, milliseconds(90'000));
  EXPECT_EQ(of.of("/slow/../fast/1").timeout, milliseconds(100));
  EXPECT_EQ(of.of("/slow/../1").timeout, milliseconds(10'000));
}

}  // namespace
}  // namespace truemirror
