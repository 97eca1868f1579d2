#include "proxy/shadow/lane.h"

#include <list>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "proxy/shadow/arm.h"
#include "proxy/shadow/background.h"

namespace truemirror {

// One shadow thread. Samples come in through a locked inbox with one wake-up for many; all else is its own.
class Lane::Worker {
 public:
  Worker(Lane& lane, unsigned index)
      : lane_(lane),
        index_(index),
        candidate_(loop_, Arm::candidate, lane.options_.candidate, lane.options_, lane.marks_, lane.candidate_,
                   lane.bytes_) {
    if (lane.options_.control)
      control_.emplace(loop_, Arm::control, *lane.options_.control, lane.options_, lane.marks_, lane.control_,
                       lane.bytes_);
  }

  void start() {
    loop_.start();
    thread_ = std::thread([this] {
      enter_background(("shadow-" + std::to_string(index_)).c_str());
      loop_.io.run();
    });
  }

  // Takes every `stride`-th of the samples.
  void give(std::span<std::unique_ptr<Sample>> samples, std::size_t stride) {
    {
      const std::lock_guard lock(mutex_);
      for (std::size_t at = 0; at < samples.size(); at += stride) inbox_.push_back(std::move(samples[at]));
      if (std::exchange(woken_, true)) return;
    }
    loop_.post([this] { take_all(); });
  }

  void drain(std::chrono::milliseconds limit) {
    loop_.post([this, limit] {
      take_all();
      draining_ = true;
      watch_.emplace(loop_.clock, abort_all, this);
      watch_->arm(limit);
      finish_if_drained();
    });
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Flight {
    std::unique_ptr<Completed> completed;
    int waiting = 0;
    bool candidate_stale = false, control_stale = false, no_room = false;
  };

  void take_all() {
    std::vector<std::unique_ptr<Sample>> samples;
    {
      const std::lock_guard lock(mutex_);
      samples.swap(inbox_);
      woken_ = false;
    }
    for (auto& sample : samples) begin(std::move(sample));
  }

  // Both arms at the same time, in random order, so that neither is always the second.
  void begin(std::unique_ptr<Sample> sample) {
    const auto flight = flights_.insert(flights_.end(), Flight{});
    flight->completed = std::make_unique<Completed>();
    flight->completed->sample = std::move(sample);
    const bool both = lane_.asks_control(*flight->completed->sample);
    flight->waiting = both ? 2 : 1;
    const bool control_first = both && (order_() & 1) != 0;
    if (control_first) ask(flight, *control_, Arm::control);
    ask(flight, candidate_, Arm::candidate);
    if (both && !control_first) ask(flight, *control_, Arm::control);
  }

  using FlightAt = std::list<Flight>::iterator;

  void ask(FlightAt flight, ArmClient& client, Arm arm) {
    Completed& completed = *flight->completed;
    const bool candidate = arm == Arm::candidate;
    Response& response = candidate ? completed.candidate : completed.control.emplace();
    Holding& held = candidate ? completed.candidate_held : completed.control_held;
    spawn(client.ask(*completed.sample, response, held), [this, flight, arm, &client](ArmOutcome outcome) {
      client.state().give_slot();
      answered(flight, arm, outcome);
    });
  }

  void answered(FlightAt flight, Arm arm, ArmOutcome outcome) {
    (arm == Arm::candidate ? flight->candidate_stale : flight->control_stale) = outcome.stale;
    flight->no_room = flight->no_room || outcome.no_room;
    (arm == Arm::candidate ? flight->completed->candidate_issued : flight->completed->control_issued) = outcome.issued;
    if (--flight->waiting > 0) return;
    finish(*flight);
    flights_.erase(flight);
    finish_if_drained();
  }

  void finish(Flight& flight) {
    flight.completed->sample->answered.now();
    Ledger::Ticket& ticket = flight.completed->sample->ticket;
    if (aborted_) return ticket.drop(DropReason::shutdown);
    if (flight.candidate_stale || flight.control_stale) {
      // Nobody can tell a server that closed an idle connection from one that died of this request, which may not be
      // sent again. Dropped, therefore, and counted as the error of the arm it happened to: a candidate that crashes
      // does not get away with it.
      ticket.drop(DropReason::stale_connection);
      if (flight.candidate_stale != flight.control_stale) {
        const Sample& sample = *flight.completed->sample;
        lane_.sink_.shed(flight.candidate_stale ? Arm::candidate : Arm::control, sample.method, sample.target,
                         sample.at);
      }
      return;
    }
    if (flight.no_room) return ticket.drop(DropReason::bytes_budget);
    finished_.push_back(std::move(flight.completed));
    if (finished_.size() == 1) loop_.soon([this] { offer_finished(); });
  }

  // What one pass of the loop finished goes on together, with one wake-up.
  void offer_finished() {
    lane_.sink_.offer(finished_);
    for (const auto& refused : finished_) refused->sample->ticket.drop(DropReason::compare_queue);
    finished_.clear();
  }

  static void abort_all(void* self) {
    Worker& worker = *static_cast<Worker*>(self);
    worker.aborted_ = true;
    worker.candidate_.abort();
    if (worker.control_) worker.control_->abort();
  }

  void finish_if_drained() {
    if (!draining_ || !flights_.empty()) return;
    watch_.reset();
    candidate_.abort();
    if (control_) control_->abort();
    loop_.stop();
  }

  Lane& lane_;
  unsigned index_;
  EventLoop loop_;
  ArmClient candidate_;
  std::optional<ArmClient> control_;
  std::minstd_rand order_{std::random_device{}()};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Sample>> inbox_;
  bool woken_ = false;
  std::list<Flight> flights_;
  std::vector<std::unique_ptr<Completed>> finished_;
  std::optional<DeadlineClock::Watch> watch_;
  bool draining_ = false, aborted_ = false;
  std::thread thread_;
};

Lane::Lane(ShadowOptions options, Ledger& ledger, const MarkKey& marks, CompletedSink& sink)
    : options_(std::move(options)),
      ledger_(ledger),
      marks_(marks),
      sink_(sink),
      bytes_(options_.max_bytes),
      candidate_(options_.breaker_failures, options_.breaker_probe),
      control_(options_.breaker_failures, options_.breaker_probe) {
  for (unsigned index = 0; index < std::max(1u, options_.threads); ++index)
    workers_.push_back(std::make_unique<Worker>(*this, index));
}

Lane::~Lane() { drain(std::chrono::milliseconds(0)); }

void Lane::start() {
  for (const auto& worker : workers_) worker->start();
}

void Lane::drain(std::chrono::milliseconds limit) {
  if (closed_.exchange(true)) return;
  for (const auto& worker : workers_) worker->drain(limit);
  for (const auto& worker : workers_) worker->join();
}

bool Lane::has_room() const {
  return candidate_.slots() < options_.max_in_flight &&
         (!options_.control || control_.slots() < options_.max_in_flight) && bytes_.used() < bytes_.limit();
}

// Who is to blame for shedding is the arm that holds clearly more: twice as much. Where both are about as full a coin
// decides, so that two equal instances under overload stay a fair coin for the proof (design.md §8): which of them is
// ahead by a few requests is the scheduler's doing, and lasts for longer than a block.
std::optional<DropReason> Lane::refusal(bool before_copying) {
  if (closed_.load(std::memory_order_relaxed)) return DropReason::shutdown;
  const bool coin = (sequence_.load(std::memory_order_relaxed) & 1) != 0;
  if (!has_room()) {
    const std::size_t candidate = candidate_.slots();
    const std::size_t control = control_.slots();
    if (candidate + control == 0) return DropReason::bytes_budget;
    const bool about_the_same = candidate < 2 * control && control < 2 * candidate;
    const bool on_candidate = !options_.control || (about_the_same ? coin : candidate > control);
    return on_candidate ? DropReason::candidate_budget : DropReason::control_budget;
  }
  if (!before_copying) return std::nullopt;
  const bool candidate_admits = candidate_.admits();
  const bool control_admits = !options_.control || control_.admits();
  if (candidate_admits && control_admits) return std::nullopt;
  const bool on_candidate = !candidate_admits && (control_admits || coin);
  return on_candidate ? DropReason::candidate_breaker : DropReason::control_breaker;
}

void Lane::shed(Sample& sample, DropReason reason, std::string_view method, std::string_view target) {
  sample.ticket.drop(reason);
  if (reason == DropReason::candidate_budget || reason == DropReason::candidate_breaker) {
    sink_.shed(Arm::candidate, method, target, std::chrono::system_clock::now());
  } else if (reason == DropReason::control_budget || reason == DropReason::control_breaker) {
    sink_.shed(Arm::control, method, target, std::chrono::system_clock::now());
  }
}

std::unique_ptr<Sample> Lane::open(std::string_view method, std::string_view target) {
  auto sample = std::make_unique<Sample>();
  sample->ticket = ledger_.open();
  sample->sequence = sequence_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (const auto reason = refusal(true)) {
    shed(*sample, *reason, method, target);
    return nullptr;
  }
  sample->held = Holding(bytes_);
  return sample;
}

void Lane::hand_over(std::span<std::unique_ptr<Sample>> samples) {
  std::size_t admitted = 0;
  for (auto& sample : samples) {
    if (const auto reason = refusal(false)) {
      shed(*sample, *reason, sample->method, sample->target);
      sample.reset();
      continue;
    }
    candidate_.take_slot();
    if (asks_control(*sample)) control_.take_slot();
    std::swap(samples[admitted++], sample);
  }
  samples = samples.first(admitted);
  // Dealt out in turn, so that all shadow threads work on a burst.
  const std::size_t first = next_worker_.fetch_add(admitted, std::memory_order_relaxed);
  const std::size_t dealt = std::min(admitted, workers_.size());
  for (std::size_t at = 0; at < dealt; ++at)
    workers_[(first + at) % workers_.size()]->give(samples.subspan(at), workers_.size());
}

bool Lane::asks_control(const Sample& sample) const {
  return options_.control && (!options_.control->safe_methods_only || is_safe_method(sample.method));
}

ShadowStats Lane::stats() const {
  return {.candidate = candidate_.stats(),
          .control = control_.stats(),
          .bytes_held = bytes_.used(),
          .bytes_limit = bytes_.limit(),
          .compare_queue = 0};
}

}  // namespace truemirror
