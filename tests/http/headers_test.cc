#include "proxy/http/headers.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

TEST(Headers, KeepCaseAndOrderAndRepeatedNames) {
  Headers list{{"Accept", "a"}, {"X-Id", "1"}, {"accept", "b"}};
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[2].name, "accept");
  EXPECT_EQ(list.get("ACCEPT"), "a");
  EXPECT_EQ(list.count("accept"), 2u);
}

TEST(Headers, SetReplacesEveryFieldOfTheNameAtThePlaceOfTheFirst) {
  Headers list{{"A", "1"}, {"B", "2"}, {"a", "3"}};
  list.set("a", "9");
  EXPECT_EQ(list, (Headers{{"a", "9"}, {"B", "2"}}));
}

TEST(Headers, RemoveSaysHowManyWent) {
  Headers list{{"A", "1"}, {"B", "2"}, {"a", "3"}};
  EXPECT_EQ(list.remove("A"), 2u);
  EXPECT_EQ(list.remove("A"), 0u);
  EXPECT_EQ(list, (Headers{{"B", "2"}}));
}

}  // namespace
}  // namespace truemirror
