#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "diff/report/store.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/judge_again.h"
#include "proxy/cli/text_file.h"

namespace truemirror {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Outcome {
  int code = -1;
  std::string out, err;
  std::optional<ServeConfig> serve;
  std::optional<ReplayArguments> replay;
  std::optional<DiffArguments> diff;
};

Outcome run(std::vector<const char*> words) {
  words.insert(words.begin(), "truemirror");
  Outcome outcome;
  const LongCommands commands{[&](const ServeConfig& config) { return outcome.serve = config, kDone; },
                              [&](const ReplayArguments& arguments) { return outcome.replay = arguments, kDone; },
                              [&](const DiffArguments& arguments) { return outcome.diff = arguments, kDone; }};
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  outcome.code = run_cli(static_cast<int>(words.size()), words.data(), commands);
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(Cli, ServeGetsWhatTheFlagsSay) {
  const Outcome outcome = run({"serve", "--stable", "http://a:1", "--candidate=http://b:2", "--sample", "10%"});
  ASSERT_TRUE(outcome.serve) << outcome.err;
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.serve->stable.port, 1);
  EXPECT_EQ(outcome.serve->sample, 0.1);
}

TEST(Cli, ReplayDefaultsToTheRecordedAnswersAtTheRecordedPace) {
  const Outcome outcome = run({"replay", "a.warc.zst", "b", "--candidate", "http://b:2"});
  ASSERT_TRUE(outcome.replay) << outcome.err;
  EXPECT_EQ(outcome.replay->captures.size(), 2u);
  EXPECT_FALSE(outcome.replay->stable);
  EXPECT_EQ(outcome.replay->speed, 1.0);
  const Outcome fast = run({"replay", "a", "--candidate", "http://b:2", "--speed", "max", "--connections", "8"});
  ASSERT_TRUE(fast.replay) << fast.err;
  EXPECT_FALSE(fast.replay->speed);
  EXPECT_EQ(fast.replay->connections, 8u);
  EXPECT_EQ(fast.replay->policy.burst, std::chrono::milliseconds(100));
}

TEST(Cli, TheBurstOfAPolicyHoldsAtAnySpeed) {
  const std::string policy = testing::TempDir() + "burst" + std::to_string(::getpid()) + ".yaml";
  for (const auto& [text, burst] : {std::pair{"burst: 3s\n", 3000}, std::pair{"alpha: 2%\n", 100}}) {
    std::ofstream(policy) << text;
    const Outcome outcome =
        run({"replay", "a", "--candidate", "http://b:2", "--speed", "max", "--policy", policy.c_str()});
    ASSERT_TRUE(outcome.replay) << outcome.err;
    EXPECT_EQ(outcome.replay->policy.burst, std::chrono::milliseconds(burst)) << text;
  }
  std::filesystem::remove(policy);
}

struct Mistake {
  std::vector<const char*> words;
  const char* says;
};
class CliMistake : public testing::TestWithParam<Mistake> {};

TEST_P(CliMistake, ExitsWith2AndSaysWhatWouldBeRight) {
  const Outcome outcome = run(GetParam().words);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().says));
  EXPECT_EQ(outcome.out, "");
}

INSTANTIATE_TEST_SUITE_P(
    All, CliMistake,
    testing::Values(
        Mistake{{}, "name a subcommand: serve, replay, diff, report, gate, capture, check"},
        Mistake{{"sevre"}, "there is no subcommand 'sevre'; did you mean 'serve'?"},
        Mistake{{"xyzzy"}, "there is no subcommand 'xyzzy'; there are: serve"},
        Mistake{{"--verison"}, "there is no flag --verison; did you mean '--version'?"},
        Mistake{{"serve", "--stabel", "http://a"}, "there is no flag --stabel; did you mean '--stable'?"},
        Mistake{{"serve", "--stabel=http://a"}, "there is no flag --stabel; did you mean '--stable'?"},
        Mistake{{"serve", "extra"}, "'extra' is one word too many"}, Mistake{{"serve"}, "serve needs --stable URL"},
        Mistake{{"serve", "--stable"}, "--stable needs a value: --stable URL"},
        Mistake{{"serve", "--listen", "a:1", "--listen", "a:2"}, "--listen is given more than once; keep one"},
        Mistake{{"serve", "--stable", "a", "--candidate", "http://b"}, "--stable: 'a' is no upstream URL"},
        Mistake{{"serve", "--stable", "http://a", "--candidate", "http://b", "--sample", "ten"},
                "--sample: 'ten' is no"},
        Mistake{{"replay"}, "name the capture to replay"}, Mistake{{"replay", "a"}, "replay needs --candidate URL"},
        Mistake{{"replay", "a", "--candidate", "http://b", "--speed", "fast"}, "--speed: 'fast' is no speed"},
        Mistake{{"replay", "a", "--candidate", "http://b", "--connections", "4"},
                "--connections goes with --speed max"},
        Mistake{{"replay", "a", "--candidate", "http://b", "--rate", "5/s", "--speed", "2x"}, "give one"},
        Mistake{{"diff"}, "name the capture to compare"}, Mistake{{"report"}, "name the report's folder"},
        Mistake{{"report", "a", "b"}, "'b' is one folder too many"},
        Mistake{{"report", "a", "--format", "jsno"}, "--format: 'jsno' is no format; did you mean 'json'?"},
        Mistake{{"report", "a", "--reason", "x"}, "go with --accept ID"},
        Mistake{{"report", "a", "--accept", "x"}, "--accept needs --reason TEXT"},
        Mistake{{"report", "/nonexistent"}, "/nonexistent"}, Mistake{{"gate", "/nonexistent"}, "/nonexistent"},
        Mistake{{"capture"}, "name a subcommand: ls, cat, verify, dict, import, export"},
        Mistake{{"capture", "lss"}, "there is no subcommand 'lss'; did you mean 'ls'?"},
        Mistake{{"capture", "ls"}, "name a capture file"},
        Mistake{{"capture", "import", "a.har"}, "import needs --output DIR"},
        Mistake{{"capture", "export", "a", "--format", "pcap"}, "--format: 'pcap' is neither gor nor har"},
        Mistake{{"check", "--config", "/nonexistent"}, "/nonexistent: cannot be read"}));

TEST(Cli, ACaptureThatIsNotThereIsAUsageError) {
  for (const char* action : {"ls", "cat", "verify", "dict"}) {
    const Outcome outcome = run({"capture", action, "/nonexistent"});
    EXPECT_EQ(outcome.code, 2) << action;
    EXPECT_THAT(outcome.err, HasSubstr("/nonexistent")) << action;
  }
}

TEST(Cli, HelpLeadsWithExamplesAndVersionNamesTheBuild) {
  const Outcome help = run({"serve", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_LT(help.out.find("Examples:"), help.out.find("Options:"));
  EXPECT_THAT(help.out, HasSubstr("Usage: truemirror serve [OPTIONS]"));
  EXPECT_THAT(run({"capture", "ls", "--help"}).out, HasSubstr("Usage: truemirror capture ls"));
  const Outcome version = run({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, StartsWith("truemirror 0."));
}

TEST(Cli, CheckPrintsWhatIsInEffect) {
  const Outcome outcome = run({"check"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("http: 127.0.0.1:8080"));
  EXPECT_THAT(outcome.out, HasSubstr("# policy in effect"));
}

// A stored report with one endpoint that passes within 1 % and has one finding.
class ReportCli : public testing::Test {
 protected:
  void SetUp() override {
    Report report;
    report.run.id = "r1";
    report.run.source = "serve";
    report.verdict = Verdict::pass;
    report.reasons = {"covered: all"};
    report.totals.compared = 5000;
    EndpointReport endpoint;
    endpoint.endpoint = "GET /orders/{id}";
    endpoint.pairs = 5000;
    endpoint.verdict = Verdict::pass;
    TestReport test;
    test.metric = "divergence";
    test.n = 5000;
    test.upper = 0.005;
    test.tolerance = 0.01;
    test.verdict = Verdict::pass;
    endpoint.tests.push_back(test);
    report.endpoints.push_back(endpoint);
    FindingReport finding;
    finding.id = finding.issue = "1f2e3d4c5b6a7988";
    finding.endpoint = endpoint.endpoint;
    finding.location = "body/price";
    finding.transition = "number→text";
    report.findings.push_back(finding);
    report_ = report;
    const auto store = ReportStore::create(dir_);
    ASSERT_TRUE(store) << store.error().text;
    const auto written = (*store)->write(report);
    ASSERT_TRUE(written) << written.error().text;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / name) << text;
    return dir_ / name;
  }
  Report report_;
  const std::filesystem::path dir_ = std::filesystem::path(testing::TempDir()) / ("cli" + std::to_string(::getpid()));
  const std::string folder_ = dir_.string();
};

TEST_F(ReportCli, GateExitsWithTheVerdict) {
  const Outcome pass = run({"gate", folder_.c_str()});
  EXPECT_EQ(pass.code, 0) << pass.err;
  EXPECT_THAT(pass.out, StartsWith("pass: run r1, 5000 comparisons"));
  const std::string strict = file("strict.yaml", "tolerances: {divergence: 0.1%}\n");
  const Outcome undecided = run({"gate", folder_.c_str(), "--policy", strict.c_str()});
  EXPECT_EQ(undecided.code, 3) << undecided.err;
  EXPECT_THAT(undecided.out, HasSubstr("pairs_needed: GET /orders/{id}: about 20000"));
}

TEST_F(ReportCli, AFailedTestStaysFailedUnderAnyPolicyUnlessItsEndpointIsExcluded) {
  report_.endpoints[0].tests[0].verdict = Verdict::fail;
  Policy lax;
  lax.tolerances.divergence = 1;
  judge_again(report_, lax);
  EXPECT_EQ(report_.verdict, Verdict::fail);
  lax.excluded = {"GET /orders/*"};
  judge_again(report_, lax);
  EXPECT_NE(report_.verdict, Verdict::fail);
}

TEST_F(ReportCli, AnUnhealthyControlStillKeepsTheRunFromPassing) {
  report_.judged = {.alpha = 0.01, .burst = std::chrono::seconds(1), .control_failures = 23, .templates = ""};
  judge_again(report_, Policy{});
  EXPECT_EQ(report_.verdict, Verdict::inconclusive);
  EXPECT_THAT(report_.reasons, testing::Contains(HasSubstr("failed in 23 of")));
}

TEST_F(ReportCli, ATestIsJudgedByAnotherAlphaAsTheRunWouldHaveJudgedIt) {
  report_.judged.alpha = 0.01;
  TestReport& test = report_.endpoints[0].tests[0];
  test.share = 0.01 / 20;
  test.peak = std::log(5000.0);  // proves at 1/5000 and above, so at α of 0.4 % and more
  Policy policy;
  judge_again(report_, policy);
  EXPECT_EQ(report_.verdict, Verdict::fail);
  policy.alpha = 0.001;
  judge_again(report_, policy);
  EXPECT_EQ(report_.verdict, Verdict::pass) << "5,000 clean pairs are below 1 % at α = 0.1 % as well";
  EXPECT_EQ(report_.judged.alpha, 0.001);
  policy.alpha = 1e-12;
  judge_again(report_, policy);
  EXPECT_EQ(report_.verdict, Verdict::pass);
  policy.alpha = 0.004;
  judge_again(report_, policy);
  EXPECT_EQ(report_.verdict, Verdict::fail);
}

TEST_F(ReportCli, FindingsAreProvenAtAnotherAlphaByTheEvidenceTheyHave) {
  report_.judged.alpha = 0.01;
  report_.endpoints[0].tests[0].share = 0.01 / 20;
  report_.findings[0].candidate_only = 40;
  report_.findings[0].ln_e = std::log(1000.0);  // 2K/α at K = 1 and α = 0.2 %
  Policy policy;
  policy.alpha = 0.01;
  judge_again(report_, policy);
  EXPECT_FALSE(report_.findings[0].proven) << "the run's own α: what it says stays";
  policy.alpha = 0.0021;
  judge_again(report_, policy);
  EXPECT_TRUE(report_.findings[0].proven);
  EXPECT_EQ(report_.verdict, Verdict::fail);
  policy.alpha = 0.0019;
  judge_again(report_, policy);
  EXPECT_FALSE(report_.findings[0].proven);
  EXPECT_NE(report_.verdict, Verdict::fail);
}

TEST_F(ReportCli, OutputIsPrivateAndReplacesRegularFilesAlone) {
  const std::string page = dir_ / "page.json";
  ASSERT_EQ(run({"report", folder_.c_str(), "--format", "json", "--output", page.c_str()}).code, 0);
  struct stat status{};
  ASSERT_EQ(::stat(page.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_THAT(read_text_file(page).value(), HasSubstr("\"verdict\""));
  const std::string link = dir_ / "link";
  std::filesystem::create_symlink("/dev/null", link);
  const Outcome refused = run({"report", folder_.c_str(), "--output", link.c_str()});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr("is there and no regular file"));
}

TEST_F(ReportCli, AcceptWritesARuleForTheFindingAndUnknownIdsAreRefused) {
  const std::string rules = dir_ / "rules.yaml";
  const Outcome done =
      run({"report", folder_.c_str(), "--accept", "1f2e3d4c5b6a7988", "--reason", "agreed", "--rules", rules.c_str()});
  EXPECT_EQ(done.code, 0) << done.err;
  const std::string text = read_text_file(rules).value();
  EXPECT_THAT(text, HasSubstr("GET /orders/{id}"));
  EXPECT_THAT(text, HasSubstr("body/price"));
  EXPECT_THAT(text, HasSubstr("agreed"));
  const Outcome unknown =
      run({"report", folder_.c_str(), "--accept", "1f2e3d4c5b6a7989", "--reason", "x", "--rules", rules.c_str()});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean '1f2e3d4c5b6a7988'?"));
}

}  // namespace
}  // namespace truemirror
