#include "diff/report/signature.h"

#include <gtest/gtest.h>

#include <set>

namespace truemirror {
namespace {

// Golden values: a change here makes every acceptance that people have written down void. Raise kSignatureVersion
// instead.
TEST(Signature, IsTheSameInEveryRunAndEveryBuild) {
  EXPECT_EQ(finding_id(signature("GET /orders/{id}", "status", Kind::status, "200→500")), "fa1e0049165c0dd0");
  EXPECT_EQ(finding_id(signature("GET /orders/{id}", "body/items/*/price", Kind::value, "number→number")),
            "cd0271d8381890e2");
  EXPECT_EQ(finding_id(signature("", "", Kind::arm_error, "")), "23984d4c16465d8a");
}

TEST(Signature, DependsOnEachPartAndOnWhereOnePartEnds) {
  const std::set<Signature> all{signature("a", "b", Kind::value, "c"), signature("x", "b", Kind::value, "c"),
                                signature("a", "x", Kind::value, "c"), signature("a", "b", Kind::type, "c"),
                                signature("a", "b", Kind::value, "x"), signature("ab", "", Kind::value, "c"),
                                signature("", "ab", Kind::value, "c")};
  EXPECT_EQ(all.size(), 7u);
}

TEST(Signature, PrintsAsSixteenHexDigits) {
  EXPECT_EQ(finding_id(0), "0000000000000000");
  EXPECT_EQ(finding_id(0x0123456789abcdef), "0123456789abcdef");
}

}  // namespace
}  // namespace truemirror
