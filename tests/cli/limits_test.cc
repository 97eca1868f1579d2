#include "proxy/cli/config_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/cli/config.h"

namespace truemirror {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(LimitSettings, AreReadFromTheFileAndPrintedAsTheyCanBeReadAgain) {
  const auto config = parse_config(
      "listen: {limits: {body_bytes: off, connections: 12, header_timeout: 5s, request_rate: 1KiB/s}}", "c.yaml");
  const LiveLimits& limits = config.value().listen.limits;
  EXPECT_EQ(limits.body_bytes, 0u);
  EXPECT_EQ(limits.connections, 12u);
  EXPECT_EQ(limits.header_timeout, 5s);
  EXPECT_EQ(limits.request_rate, 1024u);
  EXPECT_EQ(limits.idle_timeout, LiveLimits{}.idle_timeout);
  const std::string text = effective_config(*config);
  for (const char* line : {"    body_bytes: off\n", "    connections: 12\n", "    request_rate: 1KiB/s\n"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_EQ(effective_config(parse_config(text.substr(0, text.find("stable: ")), "c.yaml").value()), text);
}

TEST(LimitSettings, EveryLimitThatIsCountedCanBeSetAndIsInTheHelp) {
  for (const std::string_view name : kLimitNames) {
    EXPECT_THAT(limits_help(), HasSubstr("  " + std::string(name) + " "));
    LiveLimits limits;
    EXPECT_THAT(apply_limit(std::string(name), limits).error().text, HasSubstr("has no value; write"));
  }
}

TEST(LimitSettings, AFlagIsANameAndAValue) {
  LiveLimits limits;
  ASSERT_TRUE(apply_limit("head_bytes=16KiB", limits));
  ASSERT_TRUE(apply_limit("exchange_timeout=1h", limits));
  ASSERT_TRUE(apply_limit("response_rate=off", limits));
  EXPECT_EQ(limits.head_bytes, 16u << 10);
  EXPECT_EQ(limits.exchange_timeout, 1h);
  EXPECT_EQ(limits.response_rate, 0u);
}

TEST(LimitSettings, AFlagThatIsWrongIsToldWhatWouldBeRight) {
  const auto problem = [](const char* text) {
    LiveLimits limits;
    return apply_limit(text, limits).error().text;
  };
  EXPECT_THAT(problem("head_byte=1KiB"), HasSubstr("'head_byte' is no limit; did you mean 'head_bytes'?"));
  EXPECT_THAT(problem("qwertyuiop=1"), HasSubstr("; there are: head_bytes, "));
  EXPECT_THAT(problem("connections=0"), HasSubstr("connections: '0' is out of range; it is from 1 to 1000000"));
  EXPECT_THAT(problem("head_bytes=1MiB"), HasSubstr("it is from 256 to 60KiB"));
  EXPECT_THAT(problem("header_timeout=off"), HasSubstr("header_timeout: cannot be off"));
  EXPECT_THAT(problem("idle_timeout=5"), HasSubstr("idle_timeout: '5' is no duration"));
}

TEST(LimitSettings, FlagsWinOverTheFile) {
  ServeFlags flags;
  flags.stable = "http://a";
  flags.candidate = "http://b";
  flags.limits = {"connections=7", "connections=8"};
  EXPECT_EQ(load_serve_config(flags).value().listen.limits.connections, 8u);
  flags.limits = {"conections=7"};
  EXPECT_EQ(load_serve_config(flags).error().text, "--limit: 'conections' is no limit; did you mean 'connections'?");
}

}  // namespace
}  // namespace truemirror
