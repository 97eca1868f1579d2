#include "proxy/sample/path_pattern.h"

#include <gmock/gmock.h>

namespace truemirror {
namespace {

TEST(PathPattern, AStarIsOneSegmentAndTwoAreAnyRest) {
  EXPECT_EQ(match_path("/orders/*", "/orders/1"), PathMatch::exact);
  EXPECT_EQ(match_path("/orders/*", "/orders/1/lines"), PathMatch::none);
  EXPECT_EQ(match_path("/orders/*", "/orders"), PathMatch::none);
  EXPECT_EQ(match_path("/orders/*/lines", "/orders/1/lines"), PathMatch::exact);
  EXPECT_EQ(match_path("/orders/**", "/orders/1/lines"), PathMatch::exact);
  EXPECT_EQ(match_path("/orders/**", "/orders"), PathMatch::exact);
  EXPECT_EQ(match_path("/orders/**", "/order"), PathMatch::none);
  EXPECT_EQ(match_path("/**", "/"), PathMatch::exact);
}

TEST(PathPattern, ASlashAtTheEndIsToldApart) {
  EXPECT_EQ(match_path("/orders", "/orders/"), PathMatch::but_for_a_slash);
  EXPECT_EQ(match_path("/orders/", "/orders"), PathMatch::but_for_a_slash);
  EXPECT_EQ(match_path("/orders/", "/orders/"), PathMatch::exact);
  EXPECT_EQ(match_path("/orders/*", "/orders/1/"), PathMatch::but_for_a_slash);
  EXPECT_EQ(match_path("/orders", "/orders//"), PathMatch::none);
  EXPECT_EQ(match_path("/", "/orders"), PathMatch::none);
}

TEST(PathPattern, IsSpeltCanonicallyOrRefused) {
  EXPECT_EQ(canonical_pattern("/%7euser/caf\xc3\xa9/x%2fy/**").value(), "/~user/caf%C3%A9/x%2Fy/**");
  const auto problem = [](std::string_view text) {
    const auto read = canonical_pattern(text);
    return read ? "taken as " + *read : read.error().text;
  };
  EXPECT_EQ(problem("/a/../b"), "'/a/../b' is spelt in a way that routes do not see; write /b");
  EXPECT_EQ(problem("/a//%2e/b"), "'/a//%2e/b' is spelt in a way that routes do not see; write /a/b");
  EXPECT_EQ(problem("/a?b=1"), "'/a?b=1' holds a query, which does not count here; write the path alone");
  EXPECT_EQ(problem("/orders/{id}"), "'/orders/{id}': braces stand for nothing here; write * for any one segment");
  EXPECT_EQ(problem("/100%"), "'/100%': '%' begins an escape such as %20; write %25 for the character itself");
  EXPECT_EQ(problem("/100%25"), "taken as /100%25");
  EXPECT_EQ(problem("orders"), "'orders' is no path; write /orders/* or /api/**");
}

}  // namespace
}  // namespace truemirror
