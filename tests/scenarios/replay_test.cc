// Replay over real sockets: what a capture holds is sent again, in order and in time, and ends in a report like any
// other.
#include "proxy/replay/replayer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "capture/redact.h"
#include "proxy/replay/recorded_policy.h"
#include "proxy/replay/recorded_sample.h"
#include "proxy/shadow/pipeline.h"
#include "tests/capture/fixtures.h"
#include "tests/scenarios/proxy.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

using ::testing::HasSubstr;

// `count` requests for /n/0, /n/1, …, all due at once, over that many connections in turn.
std::vector<CapturedExchange> recording(std::uint64_t count, std::uint64_t connections) {
  std::vector<CapturedExchange> exchanges;
  for (std::uint64_t at = 0; at < count; ++at) {
    CapturedExchange exchange = small_exchange(at + 1);
    exchange.at = test_time(static_cast<std::int64_t>(at));
    exchange.connection = {at % connections, static_cast<std::uint32_t>(at / connections)};
    exchange.request.target = "/n/" + std::to_string(at);
    exchange.stable->body = Body(R"({"state":"shipped"})");
    exchange.stable->headers = {{"Content-Type", "application/json"}};
    exchanges.push_back(std::move(exchange));
  }
  return exchanges;
}

ReplayOptions with(const std::function<void(ReplayOptions&)>& change) {
  ReplayOptions options;
  change(options);
  return options;
}

struct Replayed {
  ReplayStats stats;
  Report report;
};

// Replays what the folder holds, as replay_command does it.
Replayed replay(const TestFolder& folder, const std::string& candidate, ReplayOptions options = {},
                const std::function<void()>& on_progress = {}, const std::atomic<bool>& stop = false) {
  PipelineOptions pipeline_options;
  pipeline_options.run.id = "replayed";
  pipeline_options.run.source = "replay";
  ShadowOptions shadow;
  shadow.run = "replayed";
  shadow.candidate.pool.url = UpstreamUrl::parse(candidate).value();
  shadow.arm_timeout = std::chrono::milliseconds(options.stable_timeout);
  pipeline_options.shadow = std::move(shadow);
  pipeline_options.aggregate.redactor = make_redactor({}).value();
  if (!options.stable) {
    pipeline_options.comparer.prepare =
        [policy = std::make_shared<RecordedPolicy>(make_redactor({}).value())](Comparison& comparison) {
          equalize_redaction(comparison, *policy->redactor_for(comparison.stable));
        };
  }
  pipeline_options.aggregate.control = ControlMode::none;
  pipeline_options.report_dir = folder / "report";
  pipeline_options.marks = MarkKey::random();
  options.captures = {folder / "capture"};
  auto replayer = Replayer::open(std::move(options)).value();
  auto pipeline = Pipeline::open(std::move(pipeline_options)).value();
  pipeline->start();
  ReplayStats stats = replayer
                          ->run(
                              pipeline->lane(), pipeline->marks(),
                              [&](std::uint64_t) {
                                if (on_progress) on_progress();
                              },
                              stop)
                          .value();
  return {std::move(stats), pipeline->finish(std::chrono::seconds(5)).value()};
}

void expect_closed(const Totals& totals) {
  EXPECT_EQ(totals.in_flight, 0u);
  EXPECT_EQ(totals.sampled, totals.compared + dropped(totals));
}

TEST(Replay, EveryRecordedRequestIsAskedOnceAndComparedWithTheRecordedAnswer) {
  const TestFolder folder;
  write_capture(test_options(folder), recording(20, 5));
  Upstream candidate([](const Asked& asked, Socket& socket) {
    return socket.send(ok(asked.request.target == "/n/7" ? R"({"state":"lost"})" : R"({"state":"shipped"})"));
  });
  const Replayed replayed = replay(folder, candidate.url());
  EXPECT_EQ(candidate.asked().size(), 20u);
  EXPECT_TRUE(candidate.asked()[0].request.headers.get("x-truemirror-mark")->starts_with("role=candidate; "));
  EXPECT_EQ(replayed.stats.fidelity.sent, 20u);
  EXPECT_EQ(replayed.report.totals.compared, 20u);
  EXPECT_EQ(replayed.report.totals.diverged, 1u);
  expect_closed(replayed.report.totals);
}

TEST(Replay, ALiveStableTakesTheRecordingsPlace) {
  const TestFolder folder;
  write_capture(test_options(folder), recording(10, 10));
  Upstream stable(always(ok(R"({"state":"archived"})")));
  Upstream candidate(always(ok(R"({"state":"archived"})")));
  const Replayed replayed =
      replay(folder, candidate.url(),
             with([&](ReplayOptions& options) { options.stable = UpstreamUrl::parse(stable.url()).value(); }));
  EXPECT_EQ(stable.asked().size(), 10u);
  EXPECT_EQ(replayed.report.totals.compared, 10u);
  EXPECT_EQ(replayed.report.totals.diverged, 0u);
}

TEST(Replay, ALiveStableThatIsGoneIsADropWithAReason) {
  const TestFolder folder;
  write_capture(test_options(folder), recording(10, 10));
  Upstream candidate(always(ok("{}")));
  const Replayed replayed =
      replay(folder, candidate.url(),
             with([&](ReplayOptions& options) { options.stable = UpstreamUrl::parse("http://127.0.0.1:1").value(); }));
  EXPECT_TRUE(candidate.asked().empty());
  EXPECT_EQ(replayed.report.totals.dropped.at("stable_error"), 10u);
  expect_closed(replayed.report.totals);
}

// Half of stable's answer would differ from every candidate's.
TEST(Replay, ALiveStablesAnswerForWhichThereIsNoRoomIsNotCompared) {
  const TestFolder folder;
  write_capture(test_options(folder), recording(10, 10));
  Upstream stable(always(ok(R"({"state":"archived"})")));
  Upstream candidate(always(ok(R"({"state":"archived"})")));
  const Replayed replayed = replay(folder, candidate.url(), with([&](ReplayOptions& options) {
                                     options.stable = UpstreamUrl::parse(stable.url()).value();
                                     options.stable_bytes = 10;
                                   }));
  EXPECT_EQ(stable.asked().size(), 10u);
  EXPECT_EQ(replayed.report.totals.dropped.at("bytes_budget"), 10u);
  expect_closed(replayed.report.totals);
}

// /n/0 and /n/2 are of one connection; /n/0 is not answered before /n/1, of the other, has come in.
TEST(Replay, AnAnswerThatIsLateHoldsBackItsOwnConnectionAndNoOther) {
  const TestFolder folder;
  write_capture(test_options(folder), recording(3, 2));
  std::mutex mutex;
  std::condition_variable changed;
  bool other_came = false, first_answered = false, order_kept = false;
  Upstream candidate([&](const Asked& asked, Socket& socket) {
    std::unique_lock lock(mutex);
    if (asked.request.target == "/n/1") other_came = true;
    if (asked.request.target == "/n/2") order_kept = first_answered;
    changed.notify_all();
    if (asked.request.target == "/n/0") {
      changed.wait_for(lock, std::chrono::seconds(5), [&] { return other_came; });
      first_answered = other_came;
    }
    return socket.send(ok(R"({"state":"shipped"})"));
  });
  const Replayed replayed = replay(folder, candidate.url());
  EXPECT_TRUE(first_answered);
  EXPECT_TRUE(order_kept);
  EXPECT_EQ(replayed.stats.waited, 1u);
  EXPECT_EQ(replayed.report.totals.compared, 3u);
}

// Every answer waits until three are under way, so that a fourth would be seen.
TEST(Replay, ClosedLoopHasAsManyRequestsUnderWayAsConnectionsAndNeverMore) {
  constexpr std::size_t kRequests = 60, kConnections = 3;
  const TestFolder folder;
  write_capture(test_options(folder), recording(kRequests, kRequests));
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t started = 0, answered = 0, most = 0;
  Upstream candidate([&](const Asked&, Socket& socket) {
    std::unique_lock lock(mutex);
    ++started;
    most = std::max(most, started - answered);
    changed.notify_all();
    changed.wait_for(lock, std::chrono::seconds(5),
                     [&] { return started - answered >= kConnections || started == kRequests; });
    ++answered;
    return socket.send(ok(R"({"state":"shipped"})"));
  });
  const Replayed replayed = replay(folder, candidate.url(), with([](ReplayOptions& options) {
                                     options.speed.reset();
                                     options.connections = kConnections;
                                   }));
  EXPECT_EQ(most, kConnections);
  EXPECT_EQ(replayed.report.totals.compared, kRequests);
}

TEST(Replay, AStopDropsWhatWaitsAndTheAccountingCloses) {
  const TestFolder folder;
  write_capture(test_options(folder), recording(200, 1));
  Upstream candidate(hangs());
  std::atomic<bool> stop{false};
  const Replayed replayed = replay(
      folder, candidate.url(),
      with([](ReplayOptions& options) { options.stable_timeout = std::chrono::milliseconds(300); }),
      [&] { stop = true; }, stop);
  const Totals& totals = replayed.report.totals;
  EXPECT_LT(candidate.asked().size(), 100u);
  EXPECT_EQ(totals.dropped.at("shutdown"), totals.sampled - totals.compared);
  expect_closed(totals);
}

TEST(Replay, RedactionInventsNoDivergence) {
  const TestFolder folder;
  const std::string body = R"({"email":"zoe@example.com","password":"hunter2"})";
  std::vector<CapturedExchange> exchanges = recording(5, 5);
  for (CapturedExchange& exchange : exchanges) {
    exchange.stable->body = Body(body);
    exchange.stable->headers = {{"Content-Type", "application/json"},
                                {"Set-Cookie", "sid=abc; Path=/"},
                                {"Content-Length", std::to_string(body.size())}};
    exchange.request.headers.add("Authorization", "Bearer abc");
  }
  CaptureOptions options = test_options(folder);
  options.redactor = make_redactor({}).value();
  write_capture(options, exchanges);
  Upstream candidate(always(ok(body, "Content-Type: application/json\r\nSet-Cookie: sid=xyz; Path=/\r\n")));
  const Replayed replayed = replay(folder, candidate.url());
  EXPECT_EQ(replayed.stats.redacted_headers.at("authorization"), 5u);
  EXPECT_FALSE(candidate.asked()[0].request.headers.has("authorization"));
  EXPECT_EQ(replayed.report.totals.compared, 5u);
  EXPECT_EQ(replayed.report.totals.diverged, 0u);
}

TEST(Replay, ACaptureWithoutAnswersNeedsALiveStable) {
  const TestFolder folder;
  std::vector<CapturedExchange> exchanges = recording(3, 3);
  for (CapturedExchange& exchange : exchanges) std::swap(exchange.stable, exchange.candidate);
  write_capture(test_options(folder), exchanges);
  ReplayOptions options;
  options.captures = {folder / "capture"};
  const auto refused = Replayer::open(options);
  ASSERT_TRUE(refused.has_error());
  EXPECT_THAT(refused.error().text, HasSubstr("give --stable URL"));
  options.stable = UpstreamUrl::parse("http://127.0.0.1:1").value();
  EXPECT_TRUE(Replayer::open(options));
}

}  // namespace
}  // namespace truemirror::testing
