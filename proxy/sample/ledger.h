// Where every sample is counted, from the decision to mirror a request to the one bucket it ends in (design.md
// invariant 2): sampled == compared + Σ dropped + in_flight, exact in every snapshot. Counting is the lifetime of a
// Ticket, so a sample cannot be forgotten or counted twice. Sharded by thread: a lock that is all but never contended.
// Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace truemirror {

enum class DropReason : std::uint8_t {
  candidate_budget,   // shed before an attempt, the candidate held at least as many slots as control
  control_budget,     // the same, control held more
  candidate_breaker,  // the candidate's breaker is open
  control_breaker,
  bytes_budget,       // copies in memory reached their limit
  compare_queue,      // the comparers are behind
  stale_connection,   // a kept connection was reset before any byte of the response and the request may not be sent
                      // twice
  request_too_large,  // the request body is over the copy limit: the arms could not be sent the same
  stream,             // the live response did not end within the sample's time
  client_gone,        // the client left before stable's response was through
  stable_error,       // stable gave no response to compare with
  shutdown            // the drain's time was over
};
inline constexpr std::size_t kDropReasons = 12;
[[nodiscard]] std::string_view to_string(DropReason reason);

struct LedgerTotals {
  std::uint64_t sampled = 0, compared = 0, in_flight = 0;
  std::array<std::uint64_t, kDropReasons> dropped{};

  [[nodiscard]] std::uint64_t dropped_total() const;
  [[nodiscard]] bool closed() const { return sampled == compared + dropped_total() + in_flight; }
};

class Ledger {
 public:
  // One sample's entry. Ends in `compared` or in a reason; a ticket that dies without a word counts as `shutdown`.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept : ledger_(std::exchange(other.ledger_, nullptr)) {}
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket() { end(DropReason::shutdown); }

    void compared();
    void drop(DropReason reason) { end(reason); }
    [[nodiscard]] bool open() const { return ledger_ != nullptr; }

   private:
    friend class Ledger;
    explicit Ticket(Ledger* ledger) : ledger_(ledger) {}
    void end(DropReason reason);
    Ledger* ledger_ = nullptr;  // outlives every ticket
  };

  Ledger();
  Ledger(const Ledger&) = delete;

  [[nodiscard]] Ticket open();
  [[nodiscard]] LedgerTotals snapshot() const;

 private:
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::uint64_t sampled = 0, compared = 0;
    std::int64_t alive = 0;  // may be negative in one shard: a ticket may end on another thread
    std::array<std::uint64_t, kDropReasons> dropped{};
  };
  Shard& mine();

  std::vector<Shard> shards_;
};

}  // namespace truemirror
