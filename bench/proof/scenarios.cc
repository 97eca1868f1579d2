#include "scenarios.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "judges.h"
#include "traffic.h"

namespace truemirror::proof {
namespace {

constexpr double kAlpha = 0.01;
constexpr double kRunSeconds = 300;

// `12 of 1,000 (1.20 %, 0.69 to 2.08)`: a rate with its Wilson interval at 95 %.
std::string rate(int hits, int runs) {
  constexpr double kZ = 1.96;
  const double n = runs, p = hits / n;
  const double middle = (p + kZ * kZ / (2 * n)) / (1 + kZ * kZ / n);
  const double reach = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n)) / (1 + kZ * kZ / n);
  char text[96];
  std::snprintf(text, sizeof text, "%.2f %% (%.2f–%.2f)", 100 * p, std::max(0.0, 100 * (middle - reach)),
                std::min(100.0, 100 * (middle + reach)));
  return text;
}

Policy policy(double burst_seconds) {
  Policy made;
  made.alpha = kAlpha;
  made.burst = std::chrono::milliseconds(static_cast<std::int64_t>(burst_seconds * 1000));
  return made;
}

struct Disturbed {
  const char* name;
  double shortest, longest, undisturbed;
  bool flapping;
};

constexpr Disturbed kDisturbances[] = {
    {"none", 0, 0, 20, true},
    {"0.05–1 s, every 20 s", 0.05, 1, 20, true},
    {"1 s, every 20 s", 1, 1, 20, true},
    {"1 s, every 5 s", 1, 1, 5, true},
    {"1 s, every 5 s, nothing else flaps", 1, 1, 5, false},
    {"3 s, every 20 s", 3, 3, 20, true},
    {"10 s, every 20 s", 10, 10, 20, true},
    {"30 s, every 20 s", 30, 30, 20, true},
};

struct AlarmCounts {
  int truemirror = 0, longer_burst = 0, diffy = 0, diffy_once = 0, whitney = 0, whitney_once = 0;
  std::map<std::string, int> by;  // which test or finding truemirror went by
};

AlarmCounts count_alarms(const Disturbed& disturbed, const Plan& plan) {
  AlarmCounts counts;
  TrafficOptions options;
  options.shortest = disturbed.shortest;
  options.longest = disturbed.longest;
  options.undisturbed = disturbed.undisturbed;
  options.flapping = disturbed.flapping;
  const bool longer = disturbed.longest > 1;
  for (int run = 0; run < plan.runs; ++run) {
    Traffic traffic(options, plan.seed + static_cast<std::uint64_t>(run));
    Truemirror usual(policy(1)), fitting(policy(std::max(1.0, disturbed.longest)));
    Diffy diffy;
    MannWhitney whitney(kAlpha, Traffic::kEndpoints);
    for (Comparison pair; traffic.now() < kRunSeconds;) {
      traffic.next(pair);
      usual.pair(pair, traffic.now());
      if (longer) fitting.pair(pair, traffic.now());
      diffy.pair(pair, traffic.now());
      whitney.pair(pair, traffic.now());
    }
    usual.end(), fitting.end();
    if (usual.alarm()) ++counts.by[usual.alarm()->what];
    counts.truemirror += usual.alarm() ? 1 : 0;
    counts.longer_burst += (longer ? fitting : usual).alarm() ? 1 : 0;
    counts.diffy += diffy.alarm() ? 1 : 0;
    counts.diffy_once += diffy.shows() ? 1 : 0;
    counts.whitney += whitney.alarm() ? 1 : 0;
    counts.whitney_once += whitney.rejects() ? 1 : 0;
  }
  return counts;
}

// What finds a regression, and what it took.
struct Found {
  std::vector<Alarm> alarms;
  int runs = 0;
  void add(const std::optional<Alarm>& alarm) {
    ++runs;
    if (alarm) alarms.push_back(*alarm);
  }
  // `1,234 pairs, 62 s`: of the quickest share `q` of all runs; a dash where fewer found it.
  [[nodiscard]] std::string within(double q) {
    std::sort(alarms.begin(), alarms.end(), [](const Alarm& a, const Alarm& b) { return a.pairs < b.pairs; });
    const auto rank = static_cast<std::size_t>(std::ceil(q * runs));
    if (rank == 0 || rank > alarms.size()) return "–";
    char text[64];
    std::snprintf(text, sizeof text, "%llu, %.0f s", static_cast<unsigned long long>(alarms[rank - 1].pairs),
                  alarms[rank - 1].seconds);
    return text;
  }
};

struct Sought {
  const char* name;
  Regression regression;
  double pairs_per_second, limit_seconds;
  int part;  // of plan.runs, one in so many
};

constexpr Sought kSought[] = {
    {"1 % of pairs diverge anew", {.divergence = 0.01}, 20, 1200, 5},
    {"1 % of pairs diverge anew", {.divergence = 0.01}, 200, 240, 10},
    {"0.5 % more errors", {.errors = 0.005}, 20, 2400, 5},
    {"0.5 % more errors", {.errors = 0.005}, 200, 480, 10},
    {"p99 20 % slower", {.tail = 1.2}, 20, 7200, 50},
    {"p99 20 % slower", {.tail = 1.2}, 200, 7200, 100},
    {"p99 doubled", {.tail = 2}, 20, 1200, 10},
};

constexpr Disturbed kUsual = {"", 0.05, 1, 20, true};

Found seek(const Sought& sought, const Plan& plan, Found& diffy_found, Found& whitney_found) {
  TrafficOptions options;
  options.shortest = kUsual.shortest;
  options.longest = kUsual.longest;
  options.pairs_per_second = sought.pairs_per_second;
  options.regression = sought.regression;
  Found found;
  for (int run = 0; run < std::max(10, plan.runs / sought.part); ++run) {
    Traffic traffic(options, plan.seed + 1'000'000 + static_cast<std::uint64_t>(run));
    Truemirror truemirror(policy(1));
    Diffy diffy;
    MannWhitney whitney(kAlpha, Traffic::kEndpoints);
    for (Comparison pair; traffic.now() < sought.limit_seconds && !truemirror.alarm();) {
      traffic.next(pair);
      truemirror.pair(pair, traffic.now());
      diffy.pair(pair, traffic.now());
      whitney.pair(pair, traffic.now());
    }
    found.add(truemirror.alarm());
    diffy_found.add(diffy.alarm());
    whitney_found.add(whitney.alarm());
  }
  return found;
}

struct Worse {
  const char* name;
  Regression regression;
  double longest;  // disturbance, in seconds
};

constexpr Worse kWorse[] = {
    {"nothing: the same software", {}, 0},
    {"nothing; disturbances of 0.05–0.2 s every 20 s", {}, 0.2},
    {"1.2 % of pairs diverge anew (1 % tolerated)", {.divergence = 0.012}, 0},
    {"1.2 % more errors (1 % tolerated)", {.errors = 0.012}, 0},
    {"1.2 % more errors, disturbances as above", {.errors = 0.012}, 0.2},
    {"p99 35 % slower (Δ = 0.56 points, 0.5 tolerated)", {.tail = 1.35}, 0},
};

}  // namespace

void false_alarms(const Plan& plan, std::ostream& table, std::ostream& series) {
  table << "### The same software twice: who is accused?\n\n"
        << "Runs with an alarm (95 % interval); " << plan.runs << " runs a row, 300 s of 20 pairs a second over three "
        << "endpoints, α = 1 %. \"Any look\" is after every pair from the 100th.\n\n"
        << "| disturbances of each instance | truemirror, any look, burst 1 s | burst as long as they are | Diffy's "
           "rule, any "
           "look | Diffy's rule, at the end | Mann-Whitney, any look | Mann-Whitney, at the end | truemirror went by "
           "|\n|---|---|---|---|---|---|---|---|\n";
  for (const Disturbed& each : kDisturbances) {
    const AlarmCounts counts = count_alarms(each, plan);
    table << "| " << each.name;
    for (const int hits : {counts.truemirror, counts.longer_burst, counts.diffy, counts.diffy_once, counts.whitney,
                           counts.whitney_once}) {
      table << " | " << rate(hits, plan.runs);
    }
    table << " |";
    for (const auto& [what, times] : counts.by) table << " " << what << " " << times;
    table << " |\n" << std::flush;
    series << "alarm\t" << each.name << '\t' << each.longest << '\t' << each.undisturbed << '\t' << each.flapping;
    for (const int hits : {counts.truemirror, counts.longer_burst, counts.diffy, counts.diffy_once, counts.whitney,
                           counts.whitney_once}) {
      series << '\t' << static_cast<double>(hits) / plan.runs;
    }
    series << '\n';
  }
  table << '\n';
}

void false_passes(const Plan& plan, std::ostream& table) {
  constexpr double kSeconds = 1200, kRate = 500;
  constexpr int kLookEvery = 2000;  // pairs
  const int runs = std::max(10, plan.runs / 50);
  table << "### Worse than tolerated: who is passed?\n\n"
        << runs << " runs a row, 1,200 s of 500 pairs a second, the verdict looked at every " << kLookEvery
        << " pairs. Fails count until the run is passed.\n\n"
        << "| what is wrong | ever passed | ever failed | pairs to pass (median) |\n|---|---|---|---|\n";
  for (const Worse& each : kWorse) {
    TrafficOptions options;
    options.shortest = std::min(0.05, each.longest);
    options.longest = each.longest;
    options.pairs_per_second = kRate;
    options.regression = each.regression;
    Found passed;
    int failed = 0;
    for (int run = 0; run < runs; ++run) {
      Traffic traffic(options, plan.seed + 2'000'000 + static_cast<std::uint64_t>(run));
      Truemirror judge(policy(1));
      std::optional<Alarm> pass;
      std::uint64_t pairs = 0;
      for (Comparison pair; traffic.now() < kSeconds && !judge.alarm() && !pass;) {
        traffic.next(pair);
        judge.pair(pair, traffic.now());
        if (++pairs % kLookEvery == 0 && judge.report(false).verdict == Verdict::pass) {
          pass = Alarm{pairs, traffic.now(), "pass"};
        }
      }
      failed += judge.alarm() ? 1 : 0;
      passed.add(pass);
    }
    const auto passes = static_cast<int>(passed.alarms.size());
    table << "| " << each.name << " | " << rate(passes, runs) << " | " << rate(failed, runs) << " | "
          << passed.within(0.5) << " |\n"
          << std::flush;
  }
  table << '\n';
}

void detections(const Plan& plan, std::ostream& table, std::ostream& series) {
  table
      << "### What is wrong: how soon is it found?\n\n"
      << "Pairs and seconds until half, and nine in ten, of the runs have found it; disturbances of 0.05 to 1 s every "
         "20 s. Diffy's rule and Mann-Whitney are looked at after every pair, so they are as quick about what is not "
         "there (above).\n\n"
      << "| regression | pairs a second | runs | truemirror, half | truemirror, 9 in 10 | found within | Diffy's rule, "
         "half "
         "| Mann-Whitney, half |\n|---|---|---|---|---|---|---|---|\n";
  for (const Sought& sought : kSought) {
    Found diffy, whitney;
    Found found = seek(sought, plan, diffy, whitney);
    table << "| " << sought.name << " | " << sought.pairs_per_second << " | " << found.runs << " | "
          << found.within(0.5) << " | " << found.within(0.9) << " | " << found.alarms.size() << " of " << found.runs
          << " in " << sought.limit_seconds << " s | " << diffy.within(0.5) << " | " << whitney.within(0.5) << " |\n"
          << std::flush;
    for (std::size_t i = 0; i < found.alarms.size(); ++i) {
      series << "found\t" << sought.name << '\t' << sought.pairs_per_second << '\t'
             << static_cast<double>(i + 1) / found.runs << '\t' << found.alarms[i].pairs << '\t'
             << found.alarms[i].seconds << '\n';
    }
  }
  table << '\n';
}

}  // namespace truemirror::proof
