#include "proxy/replay/replayer.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "proxy/replay/recorded_sample.h"
#include "proxy/shadow/arm.h"
#include "proxy/shadow/background.h"

namespace truemirror {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLook{500};  // how often a waiting thread looks at `stop` and tells of progress

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
  Sender(const ReplayOptions& options, Lane& lane, const MarkKey& marks, Clock::time_point start)
      : lane_(lane),
        start_(start),
        shadow_(stable_options(options)),
        state_(shadow_.breaker_failures, shadow_.breaker_probe),
        bytes_(options.stable_bytes) {
    if (options.stable)
      stable_.emplace(loop_, Arm::stable, ArmOptions{.pool = {.url = *options.stable, .tls = nullptr}}, shadow_, marks,
                      state_, bytes_);
    loop_.start();
    thread_ = std::thread([this] {
      enter_background("replay");
      loop_.io.run();
    });
  }
  ~Sender() {
    loop_.post([this] {
      loop_.stop();
      if (stable_) stable_->abort();
    });
    thread_.join();
  }

  // Takes a sample whose time has come. `order` names the recorded connection.
  void send(std::unique_ptr<Sample> sample, std::uint64_t order) {
    {
      const std::lock_guard lock(mutex_);
      ++open_;
    }
    loop_.post([this, order, sample = std::move(sample)]() mutable {
      const ConnectionOrder::Ticket ticket = ++last_ticket_;
      if (order_.start(order, ticket)) {
        dispatch(std::move(sample), order);
      } else {
        ++waited_;
        waiting_.emplace(ticket, std::move(sample));
      }
    });
  }

  // Drops what waits for an earlier request of its connection.
  void abandon_waiting() {
    loop_.post([this] {
      const std::size_t dropped = waiting_.size();
      waiting_.clear();
      closed(dropped);
    });
  }

  // Waits until fewer than `limit` requests are open. False where `until` came first.
  bool wait_below(std::size_t limit, Clock::time_point until) {
    std::unique_lock lock(mutex_);
    return less_.wait_until(lock, until, [&] { return open_ < limit; });
  }

  // Once nothing is open.
  [[nodiscard]] ReplayFidelity fidelity() const { return lateness_.fidelity(); }
  [[nodiscard]] std::uint64_t waited() const { return waited_; }

 private:
  void dispatch(std::unique_ptr<Sample> sample, std::uint64_t order) {
    lateness_.add(sample->arrived - start_, Clock::now() - start_);
    // Called where the arms have answered or the sample was dropped, from whichever thread that is.
    sample->answered = Parting([this, order] { loop_.post([this, order] { ended(order); }); });
    if (!stable_) return lane_.hand_over({&sample, 1});
    Sample& asked = *sample;
    auto held = std::make_unique<Holding>();
    Holding& holding = *held;
    spawn(stable_->ask(asked, asked.stable, holding),
          [this, sample = std::move(sample), held = std::move(held)](const ArmOutcome& outcome) mutable {
            if (!sample->stable.ok()) return sample->ticket.drop(DropReason::stable_error);
            if (outcome.no_room) return sample->ticket.drop(DropReason::bytes_budget);
            lane_.hand_over({&sample, 1});
          });
  }

  void ended(std::uint64_t order) {
    while (const auto next = order_.finished(order)) {
      auto found = waiting_.extract(*next);
      if (found.empty()) continue;  // abandoned
      dispatch(std::move(found.mapped()), order);
      break;
    }
    closed(1);
  }

  void closed(std::size_t count) {
    {
      const std::lock_guard lock(mutex_);
      open_ -= count;
    }
    less_.notify_all();
  }

  Lane& lane_;
  Clock::time_point start_;
  ShadowOptions shadow_;
  ArmState state_;
  ByteBudget bytes_;
  EventLoop loop_;
  std::optional<ArmClient> stable_;
  ConnectionOrder order_;
  ConnectionOrder::Ticket last_ticket_ = 0;
  std::unordered_map<ConnectionOrder::Ticket, std::unique_ptr<Sample>> waiting_;
  Lateness lateness_;
  std::uint64_t waited_ = 0;
  std::mutex mutex_;
  std::condition_variable less_;
  std::size_t open_ = 0;
  std::thread thread_;
};

Replayer::Replayer(ReplayOptions options, CaptureReader reader)
    : options_(std::move(options)), reader_(std::move(reader)) {}
Replayer::~Replayer() = default;

Result<std::unique_ptr<Replayer>> Replayer::open(ReplayOptions options) {
  auto reader = CaptureReader::open(options.captures);
  if (!reader) return reader.error();
  std::unique_ptr<Replayer> self(new Replayer(std::move(options), std::move(*reader)));
  CapturedExchange first;
  const Result<bool> any = self->next(first);
  if (!any) return any.error();
  if (*any) {
    self->first_ = std::move(first);
    return self;
  }
  const std::string where = self->options_.captures.front().string();
  if (self->stats_.without_response == 0) return Problem{where + ": holds no exchanges"};
  return Problem{where + ": none of its " + std::to_string(self->stats_.without_response) +
                 " exchanges has a recorded response to compare with; give --stable URL to ask for one"};
}

Result<bool> Replayer::next(CapturedExchange& out) {
  if (first_) {
    out = std::move(*first_);
    first_.reset();
    return true;
  }
  for (;;) {
    Result<bool> more = reader_.next(out);
    if (!more || !*more || out.stable || options_.stable) return more;
    ++stats_.without_response;
  }
}

bool Replayer::wait(Clock::time_point due, const std::function<void()>& tell, const std::atomic<bool>& stop) {
  if (options_.speed) {
    for (auto now = Clock::now(); now < due && !stop.load(); now = Clock::now()) {
      std::this_thread::sleep_until(std::min(due, now + kLook));
      tell();
    }
  } else {
    while (!stop.load() && !sender_->wait_below(options_.connections, Clock::now() + kLook)) tell();
  }
  return !stop.load();
}

void Replayer::take(CapturedExchange&& exchange, Lane& lane, Clock::time_point due) {
  requests_.fetch_add(1, std::memory_order_relaxed);
  std::unique_ptr<Sample> sample = lane.open(exchange.request.method, exchange.request.target);
  if (!sample) return;
  sample->at = std::chrono::system_clock::now();
  sample->arrived = options_.speed ? due : Clock::now();
  const std::uint64_t order = exchange.connection.connection ^ std::hash<std::string>{}(exchange.run);
  if (!sample->held.grow(exchange.footprint())) return sample->ticket.drop(DropReason::bytes_budget);
  fill_sample(std::move(exchange), *sample, stats_);
  sender_->send(std::move(sample), order);
}

Result<ReplayStats> Replayer::run(Lane& lane, const MarkKey& marks, const std::function<void(std::uint64_t)>& progress,
                                  const std::atomic<bool>& stop) {
  const auto start = Clock::now();
  sender_ = std::make_unique<Sender>(options_, lane, marks, start);
  ReplaySchedule schedule({.speed = options_.speed.value_or(1.0), .rate = options_.rate});
  auto told = start;
  const auto tell = [&] {
    if (Clock::now() - told < kLook) return;
    told = Clock::now();
    progress(requests());
  };
  CapturedExchange exchange;
  Result<bool> more = true;
  while (!stop.load()) {
    more = next(exchange);
    if (!more || !*more) break;
    const auto due = options_.speed ? start + schedule.due(exchange.at) : start;
    if (!wait(due, tell, stop)) break;
    take(std::move(exchange), lane, due);
    tell();
  }
  // What is under way ends by the arms' deadlines, one after the other on each connection; after a stop only that.
  // Nothing may outlive the sender.
  for (bool abandoned = false; !sender_->wait_below(1, Clock::now() + kLook); tell()) {
    if (stop.load() && !std::exchange(abandoned, true)) sender_->abandon_waiting();
  }
  if (!more) return more.error();
  progress(requests());
  stats_.fidelity = sender_->fidelity();
  stats_.waited = sender_->waited();
  if (!options_.speed) {
    const std::chrono::duration<double> seconds = Clock::now() - start;
    stats_.fidelity.achieved_rate = static_cast<double>(stats_.fidelity.sent) / seconds.count();
  }
  stats_.read = reader_.stats();
  return stats_;
}

}  // namespace truemirror
