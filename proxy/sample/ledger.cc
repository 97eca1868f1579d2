#include "proxy/sample/ledger.h"

#include <atomic>
#include <numeric>

namespace truemirror {
namespace {

constexpr std::size_t kShards = 16;

std::size_t shard_of_this_thread() {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed) % kShards;
  return mine;
}

}  // namespace

std::string_view to_string(DropReason reason) {
  constexpr std::array<std::string_view, kDropReasons> kNames{
      "candidate_budget", "control_budget", "candidate_breaker", "control_breaker",
      "bytes_budget",     "compare_queue",  "stale_connection",  "request_too_large",
      "stream",           "client_gone",    "stable_error",      "shutdown"};
  return kNames.at(static_cast<std::size_t>(reason));
}

std::uint64_t LedgerTotals::dropped_total() const {
  return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
}

Ledger::Ledger() : shards_(kShards) {}

Ledger::Shard& Ledger::mine() { return shards_[shard_of_this_thread()]; }

Ledger::Ticket Ledger::open() {
  Shard& shard = mine();
  const std::lock_guard lock(shard.mutex);
  ++shard.sampled;
  ++shard.alive;
  return Ticket(this);
}

LedgerTotals Ledger::snapshot() const {
  // All shards are held at once, in order: no ticket can move between two reads.
  std::array<std::unique_lock<std::mutex>, kShards> locks;
  for (std::size_t at = 0; at < kShards; ++at) locks[at] = std::unique_lock(shards_[at].mutex);
  LedgerTotals totals;
  std::int64_t alive = 0;
  for (const Shard& shard : shards_) {
    totals.sampled += shard.sampled;
    totals.compared += shard.compared;
    alive += shard.alive;
    for (std::size_t at = 0; at < kDropReasons; ++at) totals.dropped[at] += shard.dropped[at];
  }
  totals.in_flight = static_cast<std::uint64_t>(alive);
  return totals;
}

Ledger::Ticket& Ledger::Ticket::operator=(Ticket&& other) noexcept {
  if (this != &other) {
    end(DropReason::shutdown);
    ledger_ = std::exchange(other.ledger_, nullptr);
  }
  return *this;
}

void Ledger::Ticket::compared() {
  if (ledger_ == nullptr) return;
  Shard& shard = std::exchange(ledger_, nullptr)->mine();
  const std::lock_guard lock(shard.mutex);
  ++shard.compared;
  --shard.alive;
}

void Ledger::Ticket::end(DropReason reason) {
  if (ledger_ == nullptr) return;
  Shard& shard = std::exchange(ledger_, nullptr)->mine();
  const std::lock_guard lock(shard.mutex);
  ++shard.dropped[static_cast<std::size_t>(reason)];
  --shard.alive;
}

}  // namespace truemirror
