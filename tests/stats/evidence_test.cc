#include "diff/stats/evidence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <string>

namespace truemirror {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

// The rows of a table of tests/data/stats, made by make_evidence_table.py.
std::vector<std::vector<double>> table(const std::string& name) {
  std::ifstream file(TEST_DATA_DIR "/stats/" + name);
  std::vector<std::vector<double>> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    rows.emplace_back(std::istream_iterator<double>(fields), std::istream_iterator<double>());
  }
  return rows;
}

TEST(Evidence, AgreesWithSixtyDigitQuadratureTo1e9) {
  const auto rows = table("evidence.tsv");
  ASSERT_GE(rows.size(), 40u);
  for (const auto& row : rows) {
    const double got = ln_evidence(static_cast<std::uint64_t>(row[0]), static_cast<std::uint64_t>(row[1]));
    EXPECT_NEAR(got, row[2], 1e-9 * std::max(1.0, std::abs(row[2]))) << row[0] << " " << row[1];
  }
}

TEST(Evidence, OfNothingIsOneAndNineUnanimousObservationsReachOneInAHundred) {
  EXPECT_DOUBLE_EQ(ln_evidence(0, 0), 0);
  EXPECT_LT(ln_evidence(8, 0), std::log(100));
  EXPECT_GE(ln_evidence(9, 0), std::log(100));
}

TEST(Evidence, IsAFairBetOnAFairCoin) {
  // A martingale under p = 1/2: the mean of both next values is the value now.
  for (const auto& [b, c] : {std::pair{0, 0}, {3, 1}, {1, 3}, {200, 150}, {50, 300}, {9999, 10001}}) {
    const auto x = static_cast<std::uint64_t>(b), y = static_cast<std::uint64_t>(c);
    const double now = ln_evidence(x, y);
    const double next = std::exp(ln_evidence(x + 1, y) - now) / 2 + std::exp(ln_evidence(x, y + 1) - now) / 2;
    EXPECT_NEAR(next, 1, 1e-9) << b << " " << c;
  }
}

// With E(0, c) = 1/(c + 1) this recurrence determines every value.
TEST(Evidence, AgainstAnotherChanceIsAFairBetOnThatCoin) {
  for (const double chance : {0.5, 0.1, 0.01}) {
    for (const std::uint64_t c : {0u, 7u, 5000u}) {
      EXPECT_NEAR(ln_evidence(0, c, chance), -std::log1p(static_cast<double>(c)), 1e-12);
      for (const std::uint64_t b : {0u, 1u, 30u, 4000u}) {
        const double now = ln_evidence(b, c, chance);
        const double next = chance * std::exp(ln_evidence(b + 1, c, chance) - now) +
                            (1 - chance) * std::exp(ln_evidence(b, c + 1, chance) - now);
        EXPECT_NEAR(next, 1, 1e-9) << b << " " << c << " at " << chance;
      }
    }
  }
  EXPECT_NEAR(ln_evidence(700, 650, 0.5), ln_evidence(700, 650), 1e-9);
  EXPECT_NEAR(ln_evidence(100'000, 0, 0.01), 100'001 * std::log(100.0) - std::log(99.0 * 100'001), 1e-4);
}

TEST(Interval, AgreesWithSixtyDigitBisectionTo1e9) {
  const auto rows = table("interval.tsv");
  ASSERT_GE(rows.size(), 45u);
  for (const auto& row : rows) {
    const RateInterval got = binomial_interval(row[0], row[1], row[2]);
    EXPECT_NEAR(got.lower, row[3], 1e-9) << row[0] << "/" << row[1] << " at " << row[2];
    EXPECT_NEAR(got.upper, row[4], 1e-9) << row[0] << "/" << row[1] << " at " << row[2];
  }
}

TEST(Interval, OfNothingIsEverything) {
  EXPECT_EQ(binomial_interval(0, 0, 0.01).lower, 0);
  EXPECT_EQ(binomial_interval(0, 0, 0.01).upper, 1);
}

TEST(Interval, HoldsTheTruthAtEveryLookAsOftenAsItSays) {
  std::mt19937_64 random(1);
  int missed = 0;
  for (int run = 0; run < 400; ++run) {
    int k = 0;
    bool holds = true;
    for (int n = 1; n <= 300; ++n) {
      k += std::bernoulli_distribution(0.1)(random) ? 1 : 0;
      const RateInterval ends = binomial_interval(k, n, 0.05);
      holds = holds && ends.lower <= 0.1 && 0.1 <= ends.upper;
    }
    missed += holds ? 0 : 1;
  }
  EXPECT_LE(missed, 20) << "of 400 at 5 %";
}

// The definition, tried for every k.
std::size_t brute_force_e_bh(std::vector<double> ln_e, double alpha) {
  std::sort(ln_e.rbegin(), ln_e.rend());
  std::size_t proven = 0;
  for (std::size_t k = 1; k <= ln_e.size(); ++k) {
    if (std::exp(ln_e[k - 1]) * static_cast<double>(k) * alpha >= static_cast<double>(ln_e.size()) * (1 - 1e-12))
      proven = k;
  }
  return proven;
}

TEST(EBh, ProvesWhatItsDefinitionSays) {
  std::mt19937_64 random(2);
  std::exponential_distribution<double> spread(0.15);
  for (int run = 0; run < 300; ++run) {
    std::vector<double> ln_e(static_cast<std::size_t>(run % 40));
    for (double& value : ln_e) value = spread(random) - 1;
    const auto proven = e_bh(ln_e, 0.05);
    EXPECT_EQ(proven.size(), brute_force_e_bh(ln_e, 0.05));
    for (const std::size_t at : proven) {
      for (std::size_t other = 0; other < ln_e.size(); ++other) {
        const bool chosen = std::find(proven.begin(), proven.end(), other) != proven.end();
        EXPECT_TRUE(chosen || ln_e[other] <= ln_e[at]);
      }
    }
  }
}

TEST(EBh, ManyProvenFindingsLowerTheBarForTheNext) {
  const double bar = std::log(2 / 0.05);
  EXPECT_TRUE(e_bh(std::vector<double>{bar - 0.1, -kInfinite}, 0.05).empty());
  EXPECT_EQ(e_bh(std::vector<double>{bar - 0.6, bar - 0.6}, 0.05).size(), 2u);
}

}  // namespace
}  // namespace truemirror
