#include "proxy/cli/same_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace truemirror {
namespace {

using testing::HasSubstr;

UpstreamUrl url(const std::string& text) { return UpstreamUrl::parse(text).value(); }

// What a start with these flags would say; empty where nothing.
std::string said(const std::string& stable, const std::string& candidate, const std::string& control = "",
                 const std::string& listen = "127.0.0.1:8080", bool allowed = false) {
  ServeConfig config;
  config.stable = url(stable);
  config.candidate = url(candidate);
  if (!control.empty()) config.control = url(control);
  config.listen.http = parse_host_port(listen).value();
  config.allow_same_address = allowed;
  const Result<void> checked = check_addresses(config);
  return checked.has_error() ? checked.error().text : "";
}

TEST(SameAddress, UpstreamsWithAddressesOfTheirOwnAreWell) {
  EXPECT_EQ(said("http://127.0.0.1:9001", "http://127.0.0.1:9002", "http://127.0.0.2:9001"), "");
  EXPECT_EQ(said("unix:/run/a.sock", "unix:/run/b.sock", "https://127.0.0.1:443"), "");
}

TEST(SameAddress, WhichTwoAreTheSameIsSaidAndWhereTheyAreAndWhatWouldBeRight) {
  const std::string text = said("http://127.0.0.1:9001", "http://127.0.0.1:9002", "http://127.0.0.1:9001");
  EXPECT_THAT(text,
              HasSubstr("--stable http://127.0.0.1:9001 and --control http://127.0.0.1:9001 are one and the same"));
  EXPECT_THAT(text, HasSubstr("both are 127.0.0.1:9001"));
  EXPECT_THAT(text, HasSubstr("--control stable"));
  EXPECT_THAT(text, HasSubstr("--allow-same-address"));
  EXPECT_THAT(said("http://127.0.0.1:9001", "http://127.0.0.1:9002", "http://127.0.0.1:9002"),
              HasSubstr("--candidate http://127.0.0.1:9002 and --control http://127.0.0.1:9002"));
}

struct Spelling {
  const char* one;
  const char* other;
};
class SameAddressSpellings : public testing::TestWithParam<Spelling> {};
INSTANTIATE_TEST_SUITE_P(Of, SameAddressSpellings,
                         testing::Values(Spelling{"http://localhost:9001", "http://127.0.0.1:9001"},
                                         Spelling{"http://localhost:9001", "http://[::1]:9001"},
                                         Spelling{"http://127.0.0.1:9001", "http://[::1]:9001"},
                                         Spelling{"http://[::ffff:10.0.0.1]:9001", "http://10.0.0.1:9001"},
                                         Spelling{"http://0.0.0.0:9001", "http://127.0.0.1:9001"},
                                         Spelling{"http://10.0.0.1", "https://10.0.0.1:80"},
                                         Spelling{"http://[2001:db8::1]:1", "http://[2001:db8:0:0::1]:1"},
                                         Spelling{"unix:/run/./app/../a.sock", "unix:/run/a.sock"}));

TEST_P(SameAddressSpellings, OneServerIsKnownByAnyOfItsNames) {
  EXPECT_THAT(said(GetParam().one, GetParam().other), HasSubstr("one and the same"));
  EXPECT_EQ(said(GetParam().one, GetParam().other, "", "127.0.0.1:8080", true), "") << "where it is meant";
}

TEST(SameAddress, ALinkToASocketIsThatSocket) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("same-address-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "a.sock");
  std::filesystem::create_symlink(folder / "a.sock", folder / "b.sock");
  EXPECT_THAT(said("unix:" + (folder / "a.sock").string(), "unix:" + (folder / "b.sock").string()),
              HasSubstr("one and the same"));
  std::filesystem::remove_all(folder);
}

TEST(SameAddress, OurOwnListenerIsNoUpstreamAndOneOnAllAddressesCoversEachOfThem) {
  EXPECT_THAT(said("http://localhost:8080", "http://127.0.0.1:9002"), HasSubstr("is this truemirror itself"));
  for (const char* all : {"0.0.0.0:8080", "[::]:8080", ":8080"}) {
    EXPECT_THAT(said("http://127.0.0.1:9001", "http://127.0.0.3:8080", "", all), HasSubstr("--listen")) << all;
    EXPECT_EQ(said("http://127.0.0.1:9001", "http://192.0.2.7:8080", "", all), "") << "another machine's";
  }
  EXPECT_EQ(said("http://127.0.0.1:8081", "http://127.0.0.1:9002"), "") << "a second proxy behind this one";
  EXPECT_THAT(said("http://127.0.0.1:9901", "http://127.0.0.1:9002"), HasSubstr("--admin"));
}

TEST(SameAddress, ANameThatCannotBeResolvedNowIsNoError) {
  EXPECT_EQ(said("http://nowhere.invalid:9001", "http://nowhere.invalid:9002"), "");
}

TEST(SameAddress, OneSharedAddressAmongSeveralIsEnough) {
  const std::vector<NamedUpstream> upstreams{{"stable", "http://a", {{"10.0.0.1", 80}, {"10.0.0.2", 80}}},
                                             {"candidate", "http://b", {{"10.0.0.2", 80}, {"10.0.0.3", 80}}}};
  const auto problem = same_address(upstreams, {}, [](const Destination&) { return false; }, true);
  ASSERT_TRUE(problem);
  EXPECT_THAT(problem->text, HasSubstr("both are 10.0.0.2:80"));
}

TEST(SameAddress, AReplayIsHeldToItToo) {
  ReplayArguments arguments;
  arguments.candidate = url("http://127.0.0.1:9001");
  EXPECT_FALSE(check_addresses(arguments).has_error()) << "compared with what was recorded";
  arguments.stable = url("http://localhost:9001");
  ASSERT_TRUE(check_addresses(arguments).has_error());
  EXPECT_THAT(check_addresses(arguments).error().text, testing::Not(HasSubstr("--control stable")));
  arguments.allow_same_address = true;
  EXPECT_FALSE(check_addresses(arguments).has_error());
}

}  // namespace
}  // namespace truemirror
