// What does not depend on order, on threads or on how much comes in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include "aggregate_story.h"
#include "diff/report/signature.h"

namespace truemirror {
namespace {

std::vector<std::uint64_t> sequences(const FindingReport& finding) {
  std::vector<std::uint64_t> all;
  for (const Example& example : finding.examples) all.push_back(example.sequence);
  return all;
}

std::vector<Comparison> mixed_run(std::uint64_t pairs) {
  std::vector<Comparison> run;
  for (std::uint64_t i = 1; i <= pairs; ++i) {
    run.push_back(clean_pair(i, std::chrono::milliseconds(10 * i), i % 5 == 0 ? "/users/3" : "/orders/7"));
    if (i % 3 == 0) run.back().candidate_divergences = {divergence("body/price"), divergence("body/total")};
    if (i % 4 == 0) run.back().control_divergences = {divergence("body/total")};
  }
  return run;
}

TEST(AggregateExamples, AreTheFirstTheLatestAndFiveChosenByHash) {
  Story story;
  story.pairs(1000, [](Comparison& pair, int) { pair.candidate_divergences = {divergence("body/price")}; });
  const FindingReport finding = story.ended().findings.at(0);
  const std::vector<std::uint64_t> got = sequences(finding);

  std::vector<std::uint64_t> expected;
  for (std::uint64_t i = 1; i <= 1000; ++i) expected.push_back(i);
  std::sort(expected.begin(), expected.end(), [](auto a, auto b) { return sample_hash(a) < sample_hash(b); });
  expected.resize(5);
  expected.push_back(1);
  expected.push_back(1000);  // the only one in its second: pairs come every 100 ms, from 0.1 s on
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(got, expected);
  EXPECT_LT(story.redactor->bodies, 4 * 200)
      << "redaction is paid for what is kept, once a second, not for every sample";
}

TEST(AggregateExamples, AreRedactedAndCut) {
  AggregateOptions options;
  options.max_example_bytes = 100;
  Story story(options);
  story.pairs(1, [](Comparison& pair, int) {
    pair.request.target = "/orders/7?password=secret";
    pair.request.headers = {{"Authorization", "secret"}, {"X-Long", std::string(1000, 'x')}};
    pair.candidate.body = Body("secret " + std::string(5000, 'b'));
    Divergence leak = divergence("body/token");
    leak.stable = "\"secret\"";
    leak.arm = '"' + std::string(5000, 'v') + '"';
    pair.candidate_divergences = {leak};
  });
  const Example example = story.ended().findings.at(0).examples.at(0);
  EXPECT_EQ(example.request.target, "/orders/7?password=[redacted:word:00000000]");
  EXPECT_EQ(example.request.headers, (Headers{{"Authorization", "[redacted:word:00000000]"}}));
  EXPECT_EQ(example.candidate.body.bytes.size(), 100u);
  EXPECT_TRUE(example.candidate.body.truncated());
  EXPECT_EQ(example.candidate.body.bytes.find("secret"), std::string::npos);
  ASSERT_EQ(example.divergences.size(), 1u);
  EXPECT_EQ(example.divergences[0].stable, "\"[redacted:word:00000000]\"");
  EXPECT_EQ(example.divergences[0].arm->size(), 256u);
  EXPECT_TRUE(example.divergences[0].arm->ends_with("…"));
}

TEST(AggregateOrder, TheSameComparisonsInAnotherOrderGiveTheSameCountsAndTheSameExamples) {
  std::vector<Comparison> run = mixed_run(300);  // three seconds, within the blocks that are open at once
  std::vector<std::string> told;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    std::shuffle(run.begin(), run.end(), std::mt19937_64(seed));
    Story story;
    for (Comparison pair : run) story.aggregator.add(pair);
    std::string line;
    Report report = story.ended();
    std::sort(report.findings.begin(), report.findings.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    for (const FindingReport& f : report.findings) {
      line += f.id + " " + std::to_string(f.candidate_only) + " " + std::to_string(f.control_only) + " " +
              std::to_string(f.both) + " " + std::to_string(f.blocks_b) + " " + std::to_string(f.blocks_c) + ":";
      for (const std::uint64_t sequence : sequences(f)) line += " " + std::to_string(sequence);
      line += "\n";
    }
    for (const EndpointReport& e : report.endpoints) line += e.endpoint + " " + std::to_string(e.pairs) + "\n";
    told.push_back(line);
  }
  for (const std::string& line : told) EXPECT_EQ(line, told[0]);
}

TEST(AggregateOrder, ComparersAddAtOnceWhileReportsAreMade) {
  Story story;
  const std::vector<Comparison> run = mixed_run(2000);
  std::vector<std::thread> comparers;
  for (std::size_t worker = 0; worker < 4; ++worker) {
    comparers.emplace_back([&, worker] {
      for (std::size_t i = worker; i < run.size(); i += 4) {
        Comparison pair = run[i];
        pair.endpoint = story.aggregator.endpoint(pair.request.method, pair.request.target);
        story.aggregator.add(pair);
      }
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_LE(story.aggregator.report({}, {}).endpoints.size(), 2u);
  for (std::thread& comparer : comparers) comparer.join();
  const Report report = story.ended();
  ASSERT_EQ(report.endpoints.size(), 2u);
  EXPECT_EQ(report.endpoints[0].pairs + report.endpoints[1].pairs, 2000u);
  EXPECT_EQ(report.totals.diverged, 666u);
}

TEST(AggregateCaps, FindingsBeyondTheCapAreCountedAsOther) {
  AggregateOptions options;
  options.max_findings = 50;
  Story story(options);
  story.pairs(500, [](Comparison& pair, int i) {
    pair.candidate_divergences = {divergence("body/a" + std::to_string(i)), divergence("body/b" + std::to_string(i))};
  });
  const Report report = story.ended();
  EXPECT_EQ(report.findings.size(), 51u);
  const auto other = std::find_if(report.findings.begin(), report.findings.end(),
                                  [](const FindingReport& f) { return f.endpoint == "(other)"; });
  ASSERT_NE(other, report.findings.end());
  EXPECT_EQ(other->candidate_only, 475u) << "samples, not signatures";
  EXPECT_FALSE(other->proven);
  EXPECT_EQ(test_named(report, "divergence").verdict, Verdict::fail) << "the endpoint's own test still sees them";
}

TEST(AggregateCaps, EndpointsBeyondTheCapAreCountedAsOther) {
  AggregateOptions options;
  options.max_endpoints = 10;
  Story story(options);
  story.pairs(100, [](Comparison& pair, int i) { pair.request.target = "/p" + std::to_string(i) + "q"; });
  const Report report = story.ended();
  ASSERT_EQ(report.endpoints.size(), 11u);
  EXPECT_EQ(report.endpoints[0].endpoint, "(other)");
  EXPECT_EQ(report.endpoints[0].pairs, 90u);
}

TEST(AggregateCaps, WhenMemoryForExamplesIsUsedUpEachFindingKeepsOneWithoutBodies) {
  AggregateOptions options;
  options.max_examples_bytes = 40'000;
  Story story(options);
  story.pairs(300, [](Comparison& pair, int i) {
    pair.candidate.body = Body(std::string(10'000, 'b'));
    pair.candidate_divergences = {divergence("body/f" + std::to_string(i % 30))};
  });
  std::size_t bytes = 0;
  for (const FindingReport& finding : story.ended().findings) {
    EXPECT_GE(finding.examples.size(), 1u);
    for (const Example& example : finding.examples) bytes += example.candidate.body.bytes.size();
  }
  EXPECT_GT(bytes, 0u);
  EXPECT_LE(bytes, 50'000u);
}

TEST(AggregateCollapse, ChildrenOfACollapsedNodeBecomeOneEndpointAndOneFinding) {
  Story story;
  story.pairs(400, [](Comparison& pair, int i) {
    pair.request.target = "/users/u" + std::to_string(i % 250) + "x";
    pair.candidate_divergences = {divergence("body/name")};
  });
  const Report report = story.ended();
  ASSERT_EQ(report.endpoints.size(), 1u);
  EXPECT_EQ(report.endpoints[0].endpoint, "GET /users/{var}");
  EXPECT_EQ(report.endpoints[0].pairs, 400u);
  EXPECT_EQ(report.endpoints[0].latency.stable.count(), 400u);
  EXPECT_EQ(test_named(report, "divergence").n, 400u);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].candidate_only, 400u);
  EXPECT_EQ(report.findings[0].id,
            finding_id(signature("GET /users/{var}", "body/name", Kind::value, "number→number")));
}

TEST(AggregateCollapse, AComparisonNamedBeforeItIsCountedUnderTheNewName) {
  Story story;
  Comparison late = clean_pair(1, std::chrono::milliseconds(0), "/users/early-bird");
  late.endpoint = story.aggregator.endpoint("GET", late.request.target);
  EXPECT_EQ(late.endpoint, "GET /users/early-bird");
  for (int i = 0; i < 250; ++i) {
    EXPECT_FALSE(story.aggregator.endpoint("GET", "/users/u" + std::to_string(i) + "x").empty());
  }
  story.aggregator.add(late);
  EXPECT_EQ(story.ended().endpoints.at(0).endpoint, "GET /users/{var}");
}

TEST(AggregateNoise, TwoEqualArmsNeverFailARun) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    std::mt19937_64 random(seed);
    std::lognormal_distribution<double> milliseconds(3, 0.7);
    std::bernoulli_distribution flaps(0.1), breaks(0.004);
    Story story;
    story.pairs(1500, [&](Comparison& pair, int) {
      const auto arm = [&](Response& into, std::vector<Divergence>& divergences) {
        into = response(breaks(random) ? 500 : 200, std::chrono::milliseconds(static_cast<int>(milliseconds(random))));
        if (flaps(random)) divergences.push_back(divergence("body/tags", Kind::reordered, "list"));
        if (into.status == 500) divergences.push_back(divergence("status", Kind::status, "200→500"));
      };
      arm(pair.candidate, pair.candidate_divergences);
      arm(*pair.control, pair.control_divergences);
    });
    EXPECT_NE(story.ended().verdict, Verdict::fail) << "seed " << seed;
  }
}

}  // namespace
}  // namespace truemirror
