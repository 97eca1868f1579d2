#include "proxy/http/canonical_path.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

std::string canonical(std::string_view path) {
  std::string room;
  return std::string(canonical_path(path, room));
}

struct Spelling {
  const char* path;
  const char* canonical;
};

class Spellings : public testing::TestWithParam<Spelling> {};

TEST_P(Spellings, HaveOneCanonicalPathWhichIsItsOwn) {
  EXPECT_EQ(canonical(GetParam().path), GetParam().canonical);
  EXPECT_EQ(canonical(GetParam().canonical), GetParam().canonical);
}

// RFC 3986 §5.2.4, §5.4 and §6.2.2.
INSTANTIATE_TEST_SUITE_P(OfTheRfc, Spellings,
                         testing::Values(Spelling{"/a/b/c/./../../g", "/a/g"}, Spelling{"/b/c/d/../g", "/b/c/g"},
                                         Spelling{"/b/c/.", "/b/c/"}, Spelling{"/b/c/..", "/b/"},
                                         Spelling{"/b/c/../../../g", "/g"}, Spelling{"/../g", "/g"},
                                         Spelling{"/b/c/g.", "/b/c/g."}, Spelling{"/b/c/..g", "/b/c/..g"},
                                         Spelling{"/b/c/./g/.", "/b/c/g/"}, Spelling{"/..", "/"}, Spelling{"/.", "/"},
                                         Spelling{"/%7Esmith/home", "/~smith/home"}, Spelling{"/%7esmith", "/~smith"},
                                         Spelling{"/./b/../b/%63/%7bfoo%7d", "/b/c/%7Bfoo%7D"}));

INSTANTIATE_TEST_SUITE_P(
    BeyondTheRfc, Spellings,
    testing::Values(Spelling{"//a///b", "/a/b"}, Spelling{"/a//../b", "/b"}, Spelling{"/%2e%2E/a", "/a"},
                    Spelling{"/a/%2e./b", "/b"}, Spelling{"/a%2fb", "/a%2Fb"}, Spelling{"/a%3bb;c", "/a%3Bb;c"},
                    Spelling{"/a\\b", "/a%5Cb"}, Spelling{"/{a}|\"<>^`", "/%7Ba%7D%7C%22%3C%3E%5E%60"},
                    Spelling{"/100%", "/100%25"}, Spelling{"/%zz", "/%25zz"}, Spelling{"/%%32e", "/%252e"},
                    Spelling{"/a%00", "/a%00"}, Spelling{"/caf\xc3\xa9", "/caf%C3%A9"}, Spelling{"*", "*"}));

TEST(CanonicalPath, APlainOneIsTheViewThatWasGiven) {
  const std::string_view path = "/orders/42/lines.json;v";
  std::string room;
  const std::string_view plain = path.substr(0, path.find(';'));
  EXPECT_EQ(canonical_path(plain, room).data(), plain.data());
  EXPECT_TRUE(is_plain_path("/.well-known/x/.../a..b/v1.2/"));
  for (const char* odd : {"/a//b", "/a/./b", "/a/..", "/.", "/a%41", "/a;b", "/a\\b", "/a b", "a", ""})
    EXPECT_FALSE(is_plain_path(odd)) << odd;
}

TEST(CanonicalPath, IsThatOfATargetInAnyForm) {
  EXPECT_EQ(path_of_target("/a/b?c=/d#e"), "/a/b");
  EXPECT_EQ(path_of_target("/a#e?f"), "/a");
  EXPECT_EQ(path_of_target("http://h:80/a?http://b/c"), "/a");
  EXPECT_EQ(path_of_target("http://h?a"), "/");
  EXPECT_EQ(path_of_target("?a"), "/");
  EXPECT_EQ(path_of_target("*"), "*");
  EXPECT_EQ(path_of_target("h:443"), "h:443");
  EXPECT_EQ(path_of_target("/http://h/a"), "/http://h/a");
}

TEST(CanonicalPath, OfATemplateKeepsItsParametersAndWildcards) {
  EXPECT_EQ(canonical_template("GET /%7euser/{user id}/*/**"), "GET /~user/{user id}/*/**");
  EXPECT_EQ(canonical_template("/caf\xc3\xa9/x%2fy/"), "/caf%C3%A9/x%2Fy/");
  EXPECT_EQ(canonical_template("**"), "**");
}

}  // namespace
}  // namespace truemirror
