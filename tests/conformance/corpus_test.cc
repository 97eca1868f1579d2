// Every case of the corpus through the whole program, with mirroring off and on: the client's bytes are the same, what
// stable, candidate and control receive passes the strict grammar, and nobody gets another's answer afterwards.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/conformance/grammar.h"
#include "tests/conformance/rig.h"

namespace truemirror::conformance {
namespace {

std::vector<std::string> methods_in(const std::vector<Case>& cases) {
  std::set<std::string> methods{"GET", "HEAD", "OPTIONS"};
  for (const Case& one : cases) {
    for (const Message& request : read_requests(one.client_bytes()).messages) methods.insert(request.method);
    methods.insert(one.client_bytes().substr(0, one.client_bytes().find(' ')));
  }
  return {methods.begin(), methods.end()};
}

class Corpus : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Corpus, EveryCaseHoldsWithMirroringOffAndOn) {
  const std::vector<Case> cases = read_cases(GetParam());
  std::map<int, std::string> without;
  for (const bool mirroring : {false, true}) {
    Rig rig(mirroring, methods_in(cases));
    for (const Case& one : cases) {
      const Outcome outcome = rig.run(one);
      std::string problems;
      for (const std::string& problem : outcome.problems) problems += "\n  " + problem;
      EXPECT_EQ(problems, "") << GetParam().filename().string() << ":" << one.line << ": " << one.name
                              << (mirroring ? " (mirrored)" : "");
      if (!mirroring) without[one.line] = outcome.comparable;
      EXPECT_EQ(outcome.comparable, without[one.line]) << one.name << ": mirroring changes what the client receives";
    }
    rig.finish();
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Corpus, ::testing::ValuesIn(case_files(CASES_FOLDER)), [](const auto& file) {
  std::string name = file.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace truemirror::conformance
