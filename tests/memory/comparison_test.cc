// Design.md invariant 3, for the comparer: what a comparison holds is bounded by a multiple of what it compares, beside
// what the alignment budget allows.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "diff/compare.h"
#include "tests/memory/counting_new.h"

namespace truemirror {
namespace {

constexpr std::size_t kMostPerByte = 45;
constexpr std::size_t kMostForAligning = 12u << 20;

std::string list(int count, const std::function<std::string(int)>& element, const char* brackets = "[]") {
  std::string out(1, brackets[0]);
  for (int at = 0; at < count; ++at) out += (at == 0 ? "" : ",") + element(at);
  return out + brackets[1];
}

Response response(const std::string& body) {
  Response out;
  out.status = 200;
  out.headers.add("Content-Type", "application/json");
  out.body = Body(body);
  return out;
}

struct Pair {
  const char* name;
  std::string stable, arm;
};

// `size`: about how many values.
std::vector<Pair> hostile_pairs(int size) {
  const auto number = [](int i) { return std::to_string(i % 10); };
  const auto member = [](int i) { return "\"k" + std::to_string(i) + "\":" + std::to_string(i); };
  const auto nested = [&](const char* leaf) {
    return list(size / 400, [&](int) { return std::string(400, '[') + leaf + std::string(400, ']'); });
  };
  const auto deep = static_cast<std::size_t>(size);
  return {{"all changed", list(size, number), list(size, [](int i) { return std::to_string(i % 10 + 10); })},
          {"subsequence", list(size, number), list(size, [](int i) { return std::to_string(i * 7 / 3 % 9); })},
          {"empty arrays", list(size, [](int) { return "[]"; }), list(size, [](int) { return "{}"; })},
          {"members reversed", list(size, member, "{}"),
           list(
               size, [&](int i) { return member(size - i); }, "{}")},
          {"one key",
           list(
               size, [](int) { return "\"\":0"; }, "{}"),
           list(
               size, [](int) { return "\"\":1"; }, "{}")},
          {"nested", nested("1"), nested("2")},
          {"brackets", std::string(deep, '[') + std::string(deep, ']'),
           std::string(deep, '[') + "1" + std::string(deep, ']')},
          {"escapes", '"' + list(size, [](int) { return "\\n"; }) + '"',
           '"' + list(size, [](int) { return "\\t"; }) + '"'}};
}

TEST(Memory, AComparisonHoldsAtMostAMultipleOfItsInput) {
  for (const int size : {2'000, 60'000}) {
    for (const Pair& pair : hostile_pairs(size)) {
      const Response stable = response(pair.stable), arm = response(pair.arm);
      begin_peak();
      const std::vector<Divergence> found = diff_responses({}, stable, arm, {}, "GET /");
      const std::size_t input = pair.stable.size() + pair.arm.size();
      EXPECT_LE(peak_bytes(), kMostPerByte * input + kMostForAligning) << pair.name << " of " << input << " bytes";
      EXPECT_GT(peak_bytes(), 0u) << pair.name;
    }
  }
}

TEST(Memory, WhatAThreadKeepsAfterAnUnusualDocumentIsBounded) {
  const std::string large = list(1'000'000, [](int) { return "1"; });
  begin_peak();
  const std::size_t before = held_bytes();
  (void)diff_responses({}, response(large), response(large + " "), {}, "GET /");
  EXPECT_GT(peak_bytes(), 40u << 20);
  EXPECT_LE(held_bytes(), before + (8u << 20));
}

}  // namespace
}  // namespace truemirror
