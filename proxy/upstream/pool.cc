#include "proxy/upstream/pool.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace truemirror {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kTrimEvery{1};

// An idle connection: nothing is cut off.
void part(Connection& connection) {
  connection.stream.goodbye();
  connection.stream.close();
}

}  // namespace

Pool::Pool(EventLoop& loop, PoolOptions options)
    : loop_(loop),
      options_(std::move(options)),
      dialer_(loop, options_.url, options_.connect_timeout, options_.tls),
      keep_alive_(options_.keep_alive),
      trimming_(loop.clock, trim_again, this) {
  options_.max_idle_time = options_.keep_alive.value_or(options_.max_idle_time);
  trimming_.arm(kTrimEvery);
}

OpenSlot::OpenSlot(Pool& pool) : pool_(&pool) { ++pool.open_; }

OpenSlot::~OpenSlot() {
  if (pool_ == nullptr) return;
  --pool_->open_;
  pool_->wake_waiting();
}

// One request's wait for a connection to come free.
class Pool::Turn {
 public:
  Turn(Pool& pool, std::chrono::nanoseconds limit)
      : pool_(pool), limit_(limit), late_(pool.loop_.clock, give_up, this) {}

  [[nodiscard]] bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    pool_.waiting_.push_back(this);
    late_.arm(limit_);
  }
  // Whether it came.
  [[nodiscard]] bool await_resume() const { return came_; }

  void come() {
    came_ = true;
    late_.disarm();
    waiter_.resume();
  }

 private:
  static void give_up(void* self) {
    Turn& turn = *static_cast<Turn*>(self);
    auto& waiting = turn.pool_.waiting_;
    waiting.erase(std::find(waiting.begin(), waiting.end(), &turn));
    turn.waiter_.resume();
  }

  Pool& pool_;
  std::chrono::nanoseconds limit_;
  DeadlineClock::Watch late_;
  std::coroutine_handle<> waiter_;
  bool came_ = false;
};

// Not from within release() or a destructor: who is woken runs at once.
void Pool::wake_waiting() {
  if (waiting_.empty() || std::exchange(waking_, true)) return;
  loop_.soon([this] {
    waking_ = false;
    while (!waiting_.empty() && (!idle_.empty() || !is_full())) {
      Turn& next = *waiting_.front();
      waiting_.pop_front();
      next.come();
    }
  });
}

Task<Dialed> Pool::acquire(Reuse reuse, Time until) {
  Dialed out;
  out.connection = take_idle(reuse);
  if (out.connection) co_return out;
  if (is_full() && idle_.empty()) {
    bool came = false;  // no co_await in a condition: gcc 12
    if (waiting_.size() < options_.max_open) came = co_await Turn(*this, dialer_.left(until));
    if (!came) {
      out.error = ArmError::refused;
      out.busy = true;
      out.detail = url().text + ": all " + std::to_string(options_.max_open) + " connections are in use";
      co_return out;
    }
    out.connection = take_newest(reuse);
    if (out.connection) co_return out;
  }
  if (!idle_.empty() && (is_full() || open_ >= options_.max_idle)) drop(idle_.front());
  OpenSlot slot(*this);
  out = co_await dialer_.dial(until);
  if (!out.connection) co_return out;
  keep_alive_.connected(out.took);
  out.connection->slot = std::move(slot);
  co_return out;
}

// Those who wait come first.
std::unique_ptr<Connection> Pool::take_idle(Reuse reuse) { return waiting_.empty() ? take_newest(reuse) : nullptr; }

// Where the newest is too old for the request, the others are.
std::unique_ptr<Connection> Pool::take_newest(Reuse reuse) {
  if (reuse == Reuse::none || idle_.empty()) return nullptr;
  const Time now = Clock::now();
  const Connection& oldest = *idle_.front().connection;
  if (oldest.stream.silent()) keep_alive_.survived(now - oldest.idle_since, now);
  while (!idle_.empty()) {
    Idle& newest = idle_.back();
    const KeepAliveTerms& terms = newest.connection->terms;
    const auto idled = now - newest.connection->idle_since;
    if (idled > (reuse == Reuse::young ? keep_alive_.safe_limit(terms) : keep_alive_.limit(terms))) return nullptr;
    std::unique_ptr<Connection> connection = take_out(newest);
    // Bytes that came while it idled are nobody's response: they must never become the next request's.
    if (!connection->stream.quiet()) {
      keep_alive_.closed(idled, now);
      continue;
    }
    connection->reused = true;
    connection->had_idled = idled;
    connection->idle_since = {};
    return connection;
  }
  return nullptr;
}

void Pool::release(std::unique_ptr<Connection> connection) {
  connection->deadline.disarm();
  connection->write_deadline.disarm();
  if (connection->idle_since == Time{}) connection->falls_idle();
  if (connection->reused) keep_alive_.survived(connection->had_idled, connection->idle_since);
  const bool wanted = !closed_ && !connection->terms.over && options_.max_idle > 0 &&
                      options_.max_idle_time > std::chrono::milliseconds::zero();
  // One that is not silent is looked at: no event may come for what is there already.
  if (!wanted || !connection->stream.is_open() || (!connection->stream.silent() && !connection->stream.quiet())) return;
  if (idle_.size() >= options_.max_idle) drop(idle_.front());
  keep(std::move(connection));
  wake_waiting();
}

void Pool::lost(const Connection& connection) {
  if (connection.reused) keep_alive_.closed(connection.had_idled, Clock::now());
}

void Pool::keep(std::unique_ptr<Connection> connection) {
  if (spare_.empty()) spare_.emplace_back(*this);
  // A client that takes its time has its connection come back late, and it has idled since its response was read.
  auto behind = idle_.end();
  while (behind != idle_.begin() && std::prev(behind)->connection->idle_since > connection->idle_since) --behind;
  idle_.splice(behind, spare_, spare_.begin());
  const auto place = std::prev(behind);
  Idle& idle = *place;
  idle.place = place;
  idle.connection = std::move(connection);
  idle.connection->stream.watch(idle);
}

std::unique_ptr<Connection> Pool::take_out(Idle& idle) {
  idle.connection->stream.stop_watching();
  spare_.splice(spare_.begin(), idle_, idle.place);
  return std::move(idle.connection);
}

void Pool::drop(Idle& idle) { part(*take_out(idle)); }

bool Pool::Idle::attempt() {
  pool.look_at(*this);
  return false;  // there is nobody to resume
}

// Something has come on a connection that idles: its end, mostly, and under TLS perhaps a session.
void Pool::look_at(Idle& idle) {
  if (idle.connection->stream.quiet()) return;
  const Time now = Clock::now();
  keep_alive_.closed(now - idle.connection->idle_since, now);
  drop(idle);
}

void Pool::close() {
  closed_ = true;
  trimming_.disarm();
  while (!idle_.empty()) drop(idle_.front());
}

void Pool::trim_again(void* self) {
  Pool& pool = *static_cast<Pool*>(self);
  pool.trim();
  pool.trimming_.arm(kTrimEvery);
}

void Pool::trim() {
  const Time now = Clock::now();
  if (!idle_.empty()) keep_alive_.survived(now - idle_.front().connection->idle_since, now);
  while (!idle_.empty() && now - idle_.front().connection->idle_since > options_.max_idle_time) drop(idle_.front());
}

}  // namespace truemirror
