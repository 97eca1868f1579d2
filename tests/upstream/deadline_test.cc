// Deadlines on a clock that the tests move: when they fire, what may be done from within, and how far the wheel
// reaches.
#include "proxy/upstream/deadline.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace truemirror {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

class Deadline : public ::testing::Test {
 protected:
  // A watch that notes that it fired, and does what it is told.
  struct Noted {
    Noted(Deadline& test, std::string what, std::function<void()> act)
        : fired(test.fired_), name(std::move(what)), then(std::move(act)), watch(test.clock_, fire, this) {}
    static void fire(void* self) {
      Noted& noted = *static_cast<Noted*>(self);
      noted.fired.push_back(noted.name);
      noted.then();  // may destroy it
    }
    std::vector<std::string>& fired;
    std::string name;
    std::function<void()> then;
    DeadlineClock::Watch watch;
  };
  std::unique_ptr<Noted> watch(const std::string& name, const std::function<void()>& then = [] {}) {
    return std::make_unique<Noted>(*this, name, then);
  }
  // What fires in one look at the clock, so long after the one before.
  std::vector<std::string> pass(nanoseconds time) {
    fired_.clear();
    clock_.advance(clock_.now() + time);
    return fired_;
  }
  using Names = std::vector<std::string>;

  DeadlineClock clock_;
  std::vector<std::string> fired_;
};

TEST_F(Deadline, FiresOnceAtTheFirstLookThatIsNotBeforeIt) {
  const auto a = watch("a");
  a->watch.arm(milliseconds(120));
  EXPECT_EQ(pass(milliseconds(119)), Names());
  EXPECT_FALSE(a->watch.expired());
  EXPECT_EQ(pass(milliseconds(1)), Names{"a"});
  EXPECT_TRUE(a->watch.expired());
  EXPECT_FALSE(a->watch.armed());
  EXPECT_EQ(pass(hours(1)), Names());
  a->watch.arm(milliseconds(0));
  EXPECT_FALSE(a->watch.expired());
  EXPECT_EQ(pass(nanoseconds(0)), Names{"a"});
}

TEST_F(Deadline, WhatIsDisarmedOrGoneDoesNotFire) {
  const auto a = watch("a");
  auto b = watch("b");
  a->watch.arm(milliseconds(10));
  b->watch.arm(milliseconds(10));
  a->watch.disarm();
  b.reset();
  EXPECT_EQ(pass(hours(1)), Names());
  a->watch.arm(milliseconds(10));
  EXPECT_EQ(pass(milliseconds(10)), Names{"a"});
}

TEST_F(Deadline, ArmedAnewItCountsFromThen) {
  const auto later = watch("later");
  const auto earlier = watch("earlier");
  later->watch.arm(milliseconds(100));
  earlier->watch.arm(hours(2));
  EXPECT_EQ(pass(milliseconds(90)), Names());
  later->watch.arm(milliseconds(100));
  earlier->watch.arm(milliseconds(50));
  EXPECT_EQ(pass(milliseconds(49)), Names());
  EXPECT_EQ(pass(milliseconds(1)), Names{"earlier"});
  EXPECT_EQ(pass(milliseconds(49)), Names());
  EXPECT_EQ(pass(milliseconds(1)), Names{"later"});
}

TEST_F(Deadline, ThoseBeyondTheWheelFireInTimeToo) {
  const auto day = watch("day");
  const auto year = watch("year");
  day->watch.arm(hours(24));
  year->watch.arm(hours(24 * 365));
  for (int i = 0; i < 24 * 60 * 2 - 1; ++i) ASSERT_EQ(pass(std::chrono::seconds(30)), Names());
  EXPECT_EQ(pass(std::chrono::seconds(30) - nanoseconds(1)), Names());
  EXPECT_EQ(pass(nanoseconds(1)), Names{"day"});
  EXPECT_EQ(pass(hours(24 * 364) - nanoseconds(1)), Names());
  EXPECT_EQ(pass(nanoseconds(1)), Names{"year"});
}

TEST_F(Deadline, OneThatArmsItselfFiresOnceALook) {
  std::unique_ptr<Noted> now, soon;
  now = watch("now", [&] { now->watch.arm(milliseconds(0)); });
  soon = watch("soon", [&] { soon->watch.arm(milliseconds(60)); });
  now->watch.arm(milliseconds(0));
  soon->watch.arm(milliseconds(60));
  EXPECT_EQ(pass(milliseconds(59)), Names{"now"});
  EXPECT_EQ(pass(milliseconds(1)), (Names{"now", "soon"}));
  EXPECT_EQ(pass(hours(1)), (Names{"now", "soon"}));  // as often as it is looked at, not as often as it might have been
  EXPECT_EQ(pass(milliseconds(59)), Names{"now"});
  EXPECT_EQ(pass(milliseconds(1)), (Names{"now", "soon"}));
}

TEST_F(Deadline, WhoFiresMayDisarmPutOffOrDestroyTheOthersThatAreDue) {
  auto disarmed = watch("disarmed");
  auto put_off = watch("put off");
  auto destroyed = watch("destroyed");
  auto armed = watch("armed");
  std::unique_ptr<Noted> first;
  first = watch("first", [&] {
    disarmed->watch.disarm();
    put_off->watch.arm(milliseconds(70));
    destroyed.reset();
    armed->watch.arm(milliseconds(0));
    first.reset();  // itself, too
  });
  for (Noted* each : {first.get(), disarmed.get(), put_off.get(), destroyed.get()}) each->watch.arm(milliseconds(50));
  EXPECT_EQ(pass(milliseconds(50)), Names{"first"});
  EXPECT_EQ(pass(milliseconds(69)), Names{"armed"});
  EXPECT_EQ(pass(milliseconds(1)), Names{"put off"});
  EXPECT_EQ(pass(hours(1)), Names());
}

TEST_F(Deadline, AClockThatIsMovedFarAheadFiresAllOnceTheEarliestFirst) {
  std::deque<Noted> all;
  Names expected;
  for (int i = 0; i < 3'000; ++i) expected.push_back(std::to_string(i));
  for (const std::string& name : expected) all.emplace_back(*this, name, [] {});
  for (std::size_t i = 0; i < 2'000; ++i) all[i].watch.arm(milliseconds(50 * i));
  EXPECT_EQ(pass(milliseconds(0)), Names{"0"});
  for (std::size_t i = 2'000; i < all.size(); ++i) all[i].watch.arm(milliseconds(50 * i));  // beyond what it reaches
  Names fired = pass(hours(24 * 365 * 10));
  EXPECT_EQ(fired.size(), all.size() - 1);
  EXPECT_EQ(Names(fired.begin(), fired.begin() + 1'999), Names(expected.begin() + 1, expected.begin() + 2'000));
  EXPECT_EQ(pass(hours(1)), Names());
  all.front().watch.arm(milliseconds(10));
  EXPECT_EQ(pass(milliseconds(9)), Names());
  EXPECT_EQ(pass(milliseconds(1)), Names{"0"});
}

// What a list of times would say, looked at as a whole each time.
TEST_F(Deadline, WhateverIsDoneToThemThoseFireThatAreDue) {
  std::mt19937 random(7);
  const auto below = [&](unsigned most) { return std::uniform_int_distribution<unsigned>(0, most - 1)(random); };
  const std::vector<milliseconds> spans{milliseconds(40), milliseconds(3'000), milliseconds(200'000), hours(2)};
  std::vector<std::unique_ptr<Noted>> all(50);
  std::vector<std::optional<DeadlineClock::Clock::time_point>> due(all.size());
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t at = below(50);
    if (!all[at] || below(20) == 0) {
      due[at].reset();
      all[at] = watch(std::to_string(at));
    }
    const nanoseconds span(std::chrono::duration_cast<nanoseconds>(spans[below(4)]).count() / 1'000 * below(1'001));
    if (below(4) == 0) {
      all[at]->watch.disarm();
      due[at].reset();
    } else {
      all[at]->watch.arm(span);
      due[at] = clock_.now() + span;
    }
    const nanoseconds passed = below(100) == 0 ? span : milliseconds(below(130));
    const auto then = clock_.now() + passed;
    std::multiset<std::string> expected;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (due[i] && *due[i] <= then) expected.insert(std::to_string(i));
      if (due[i] && *due[i] <= then) due[i].reset();
    }
    const Names fired = pass(passed);
    ASSERT_EQ(std::multiset<std::string>(fired.begin(), fired.end()), expected) << "step " << step;
  }
}

}  // namespace
}  // namespace truemirror
