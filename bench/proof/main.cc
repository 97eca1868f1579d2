// What the statistics promise, tried on made-up traffic with realistic noise: how often they accuse a candidate that is
// the same software, how often they pass one that is worse, and how soon they find what is wrong; side by side with
// Diffy's rule and a Mann-Whitney test that is looked at again and again, on the same pairs.
//   make bench ONLY=proof     or: build/release/bench/proof [--runs N] [--seed N] [--plot FILE.tsv] > table.md
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>

#include "scenarios.h"

int main(int argc, char** argv) {
  using namespace truemirror::proof;
  Plan plan;
  std::string plot;
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (flag == "--runs" && std::atoi(value) > 0) {
      plan.runs = std::atoi(value);
    } else if (flag == "--seed" && *value != '\0') {
      plan.seed = std::strtoull(value, nullptr, 10);
    } else if (flag == "--plot" && *value != '\0') {
      plot = value;
    } else {
      std::cerr << "proof [--runs N] [--seed N] [--plot FILE.tsv]\n";
      return 2;
    }
  }
  const auto began = std::chrono::steady_clock::now();
  std::ofstream series(plot.empty() ? "/dev/null" : plot);
  std::cout << "`proof --runs " << plan.runs << " --seed " << plan.seed << "`\n\n";
  false_alarms(plan, std::cout, series);
  false_passes(plan, std::cout);
  detections(plan, std::cout, series);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cerr << "took " << took.count() << " s\n";
  return std::cout && series ? 0 : 4;
}
