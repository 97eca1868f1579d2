#include "proxy/replay/replayer.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "capture/reader.h"
#include "proxy/replay/recorded_sample.h"
#include "proxy/shadow/arm.h"
#include "proxy/shadow/background.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLook{500};  // how often a waiting thread looks at `stop` and reports progress

ShadowOptions stable_options(const ReplayOptions& options) {
  ShadowOptions shadow;
  shadow.run = "replay";
  shadow.arm_timeout = options.stable_timeout;
  return shadow;
}

}  // namespace

// The sending thread: keeps the order within recorded connections, asks a live stable, hands over.
class Replayer::Sender {
 public:
  Sender(const ReplayOptions& options, Lane& lane, const MarkKey& marks)
      : lane_(lane),
        shadow_(stable_options(options)),
        state_(shadow_.breaker_failures, shadow_.breaker_probe),
        clock_(io_) {
    if (options.stable)
      stable_.emplace(io_, clock_, Arm::stable, ArmOptions{.pool = {.url = *options.stable, .tls = nullptr}}, shadow_,
                      marks, state_, bytes_);
    clock_.start();
    thread_ = std::thread([this] {
      enter_background("replay");
      io_.run();
    });
  }
  ~Sender() {
    asio::post(io_, [this] {
      clock_.stop();
      if (stable_) stable_->abort();
    });
    thread_.join();
  }

  // Takes a sample whose time has come. `order`: names the recorded connection.
  void send(std::unique_ptr<Sample> sample, std::uint64_t order) {
    {
      const std::lock_guard lock(mutex_);
      ++open_;
    }
    asio::post(io_, [this, order, sample = std::move(sample)]() mutable {
      const ConnectionOrder::Ticket ticket = ++last_ticket_;
      if (order_.start(order, ticket)) {
        dispatch(std::move(sample), order);
      } else {
        waiting_.emplace(ticket, std::move(sample));
      }
    });
  }

  // Waits until fewer than `limit` requests are open. False where `until` came first.
  bool wait_below(std::size_t limit, Clock::time_point until) {
    std::unique_lock lock(mutex_);
    return less_.wait_until(lock, until, [&] { return open_ < limit; });
  }

 private:
  void dispatch(std::unique_ptr<Sample> sample, std::uint64_t order) {
    // Called where the arms have answered or the sample was dropped, from whichever thread that is.
    sample->answered = Parting([this, order] { asio::post(io_, [this, order] { ended(order); }); });
    if (!stable_) return lane_.hand_over(std::move(sample));
    Sample& asked = *sample;
    asio::co_spawn(io_, stable_->ask(asked),
                   [this, sample = std::move(sample)](const std::exception_ptr& failure, ArmOutcome outcome) mutable {
                     if (failure) std::rethrow_exception(failure);  // a broken invariant ends the program
                     if (!outcome.response.ok()) return sample->ticket.drop(DropReason::stable_error);
                     sample->stable = std::move(outcome.response);
                     lane_.hand_over(std::move(sample));
                   });
  }

  void ended(std::uint64_t order) {
    if (const auto next = order_.finished(order)) {
      const auto found = waiting_.find(*next);
      std::unique_ptr<Sample> sample = std::move(found->second);
      waiting_.erase(found);
      dispatch(std::move(sample), order);
    }
    {
      const std::lock_guard lock(mutex_);
      --open_;
    }
    less_.notify_all();
  }

  Lane& lane_;
  ShadowOptions shadow_;
  ArmState state_;
  ByteBudget bytes_{256u << 20};
  asio::io_context io_{1};
  DeadlineClock clock_;
  std::optional<ArmClient> stable_;
  ConnectionOrder order_;
  ConnectionOrder::Ticket last_ticket_ = 0;
  std::unordered_map<ConnectionOrder::Ticket, std::unique_ptr<Sample>> waiting_;
  std::mutex mutex_;
  std::condition_variable less_;
  std::size_t open_ = 0;
  std::thread thread_;
};

Replayer::Replayer(ReplayOptions options, Lane& lane, const MarkKey& marks)
    : options_(std::move(options)), lane_(lane), marks_(marks) {}
Replayer::~Replayer() = default;

Result<ReplayStats> Replayer::run(const std::function<void(std::uint64_t)>& progress, const std::atomic<bool>& stop) {
  auto reader = CaptureReader::open(options_.captures);
  if (!reader) return reader.error();
  sender_ = std::make_unique<Sender>(options_, lane_, marks_);
  ReplaySchedule schedule({.speed = options_.speed.value_or(1.0), .rate = options_.rate});
  Lateness lateness;
  ReplayStats stats;
  CapturedExchange exchange;
  const auto start = Clock::now();
  auto told = start;
  const auto tell = [&] {
    if (Clock::now() - told < kLook) return;
    told = Clock::now();
    progress(requests());
  };
  Result<bool> more = true;
  while (!stop.load()) {
    more = reader->next(exchange);
    if (!more || !*more) break;
    if (!exchange.stable && !options_.stable) {
      ++stats.without_response;
      continue;
    }
    const auto due = options_.speed ? start + schedule.due(exchange.at) : start;
    while (options_.speed && Clock::now() < due && !stop.load()) {
      std::this_thread::sleep_until(std::min(due, Clock::now() + kLook));
      tell();
    }
    while (!options_.speed && !stop.load() && !sender_->wait_below(options_.connections, Clock::now() + kLook)) tell();
    requests_.fetch_add(1, std::memory_order_relaxed);
    const auto now = Clock::now();
    lateness.add(due - start, now - start);
    std::unique_ptr<Sample> sample = lane_.open(exchange.request.method, exchange.request.target);
    if (!sample) continue;
    sample->at = std::chrono::system_clock::now();
    sample->arrived = options_.speed ? due : now;
    const std::uint64_t order = exchange.connection.connection ^ std::hash<std::string>{}(exchange.run);
    if (!sample->held.grow(exchange.footprint())) {
      sample->ticket.drop(DropReason::bytes_budget);
      continue;
    }
    fill_sample(std::move(exchange), *sample, stats);
    sender_->send(std::move(sample), order);
    tell();
  }
  // What is open ends by the arms' deadlines; nothing may outlive the sender.
  while (!sender_->wait_below(1, Clock::now() + kLook)) tell();
  if (!more) return more.error();
  progress(requests());
  stats.fidelity = lateness.fidelity();
  stats.read = reader->stats();
  return stats;
}

}  // namespace truemirror
