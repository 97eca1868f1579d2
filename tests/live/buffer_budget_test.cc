// What several threads may have together: blocks against one sum, and shares of a number.
#include "proxy/live/buffer_budget.h"

#include <gtest/gtest.h>

#include <list>
#include <random>
#include <thread>
#include <vector>

#include "proxy/live/limits.h"

namespace truemirror {
namespace {

void take(BufferBudget::Account& account, int blocks) {
  for (int i = 0; i < blocks; ++i) account.take();
}
void give(BufferBudget::Account& account, int blocks) {
  for (int i = 0; i < blocks; ++i) account.give();
}

TEST(BufferBudget, OneThreadMayUseWhatTheOthersDoNot) {
  BufferBudget budget(1'024, 4);
  BufferBudget::Account busy(budget), idle(budget);
  take(busy, 1'024);
  EXPECT_FALSE(budget.is_over());
  take(busy, 1);
  EXPECT_TRUE(budget.is_over());
  give(busy, 1'025);
  take(idle, 1'000);
  EXPECT_FALSE(budget.is_over());
}

TEST(BufferBudget, IsExactForOneThreadAndFewBlocks) {
  BufferBudget budget(1, 1);
  BufferBudget::Account only(budget);
  for (int i = 0; i < 3; ++i) {
    take(only, 1);
    EXPECT_FALSE(budget.is_over());
    take(only, 1);
    EXPECT_TRUE(budget.is_over());
    give(only, 2);
    EXPECT_EQ(budget.set_aside(), 0u);
  }
}

TEST(BufferBudget, ThreadsThatDoNothingKeepLessThanAnEighth) {
  BufferBudget budget(1'024, 4);
  std::list<BufferBudget::Account> idle;
  for (int i = 0; i < 3; ++i) {
    BufferBudget::Account& each = idle.emplace_back(budget);
    take(each, 100);
    give(each, 100);
  }
  BufferBudget::Account busy(budget);
  int taken = 0;
  for (; !budget.is_over(); ++taken) busy.take();
  EXPECT_GT(taken, 1'024 * 7 / 8);
}

TEST(BufferBudget, ARequestMovesNothingWhereverItBegins) {
  BufferBudget budget(1'024, 4);
  BufferBudget::Account account(budget);
  for (int level = 0; level < 400; ++level) {
    take(account, 2);
    const std::uint64_t set_aside = budget.set_aside();
    give(account, 2);
    take(account, 2);
    EXPECT_EQ(budget.set_aside(), set_aside) << level;
    give(account, 2);
    EXPECT_EQ(budget.set_aside(), set_aside) << level;
    take(account, 1);
  }
}

TEST(BufferBudget, ClosesWhateverThreadsDo) {
  BufferBudget budget(256, 4);
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&budget, seed] {
      std::minstd_rand random(seed);
      BufferBudget::Account account(budget);
      int held = 0;
      for (int step = 0; step < 20'000; ++step) {
        const bool takes = held == 0 || (held < 100 && random() % 2 == 0);
        takes ? account.take() : account.give();
        held += takes ? 1 : -1;
      }
      EXPECT_GE(budget.set_aside(), static_cast<std::uint64_t>(held));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.set_aside(), 0u);
}

TEST(LimitsOfThreads, TogetherTheyHaveWhatIsAllowedAndEachHasSome) {
  for (const unsigned threads : {1u, 2u, 3u, 7u}) {
    for (std::uint64_t limit = threads; limit < 50; ++limit) {
      std::uint64_t sum = 0;
      for (unsigned index = 0; index < threads; ++index) sum += exact_share_of(limit, threads, index);
      EXPECT_EQ(sum, limit);
      EXPECT_GE(exact_share_of(limit, threads, threads - 1), 1u);
    }
  }
  EXPECT_EQ(exact_share_of(1, 4, 3), 1u);
  EXPECT_EQ(exact_share_of(0, 4, 3), 0u);  // no limit
}

}  // namespace
}  // namespace truemirror
