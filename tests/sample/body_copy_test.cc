#include "proxy/sample/body_copy.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

constexpr std::size_t kLimit = 1u << 20;

TEST(BodyCopy, TakesOfTheBudgetWhatItTakesOfMemory) {
  for (const std::size_t piece : {1'000u, 65'300u, 300'000u, 3'000'000u}) {
    ByteBudget budget(4 * kLimit);
    Holding held(budget);
    BodyCopy copy(kLimit);
    while (!copy.truncated()) ASSERT_TRUE(copy.append(std::string(piece, 'x'), held));
    const Body body = copy.take();
    EXPECT_EQ(body.bytes, std::string(kLimit, 'x'));
    EXPECT_LE(body.bytes.capacity(), budget.used()) << piece;
    EXPECT_EQ(budget.used(), kLimit) << piece;
    held = Holding();
    EXPECT_EQ(budget.used(), 0u);
  }
}

TEST(BodyCopy, WithoutRoomIsWorthlessAndTakesNoMore) {
  ByteBudget budget(kLimit);
  {
    Holding held(budget);
    BodyCopy copy(kLimit);
    ASSERT_TRUE(copy.append(std::string(kLimit / 2 + 1, 'x'), held));
    Holding other(budget);
    ASSERT_TRUE(other.grow(1));
    EXPECT_FALSE(copy.append("y", held));
    EXPECT_EQ(budget.used(), kLimit / 2 + 2);
  }
  EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
}  // namespace truemirror
