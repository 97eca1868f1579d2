// Tasks: who runs when, and on whose stack.
#include "proxy/upstream/task.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace truemirror {
namespace {

// Something to wait for, and to let go by hand.
struct Gate {
  std::coroutine_handle<> waiter;
  [[nodiscard]] bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) { waiter = handle; }
  void await_resume() const {}
  void open() { std::exchange(waiter, nullptr).resume(); }
};

Task<int> value_after(Gate& gate, int value) {
  co_await gate;
  co_return value;
}
Task<int> value_at_once(int value) { co_return value; }

Task<int> sum_at_once(int count) {
  int sum = 0;
  for (int at = 0; at < count; ++at) sum += co_await value_at_once(1);
  co_return sum;
}

TEST(Task, StartsWhenItIsAwaitedAndResumesItsCallerWhenItEnds) {
  Gate gate;
  int got = 0;
  spawn(value_after(gate, 7), [&](int value) { got = value; });
  EXPECT_EQ(got, 0);
  gate.open();
  EXPECT_EQ(got, 7);
}

TEST(Task, AMillionThatNeverWaitGrowNoStack) {
  int got = 0;
  spawn(sum_at_once(1'000'000), [&](int value) { got = value; });
  EXPECT_EQ(got, 1'000'000);
}

Task<> note(std::vector<std::string>& log, Gate& gate, std::string name) {
  log.push_back(name + " begins");
  co_await gate;
  log.push_back(name + " ends");
}

Task<> both(std::vector<std::string>& log, Gate& first, Gate& second) {
  Task<> beside = note(log, first, "beside");
  beside.start();
  co_await note(log, second, "awaited");
  co_await beside;
  log.emplace_back("both");
}

TEST(Task, OneThatWasStartedRunsBesideAnotherAndIsAwaitedLater) {
  std::vector<std::string> log;
  Gate first, second;
  spawn(both(log, first, second), [] {});
  second.open();
  EXPECT_EQ(log, (std::vector<std::string>{"beside begins", "awaited begins", "awaited ends"}));
  first.open();
  EXPECT_EQ(log.back(), "both");
}

TEST(Task, OneThatEndedBeforeItIsAwaitedIsNotWaitedFor) {
  std::vector<std::string> log;
  Gate first, second;
  spawn(both(log, first, second), [] {});
  first.open();
  second.open();
  EXPECT_EQ(log.back(), "both");
}

}  // namespace
}  // namespace truemirror
