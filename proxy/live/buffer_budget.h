// How many blocks all live threads hold together, and whether that is more than they may. Each thread counts its own
// and sets aside a chunk of the sum at a time, so that requests share no write: one thread may use what the others do
// not. Promise: the sum is exact to an eighth of the limit, upwards; at least 7/8 of it can be used, by whichever
// threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace truemirror {

class BufferBudget {
 public:
  // `limit` in blocks.
  BufferBudget(std::uint64_t limit, unsigned threads)
      : limit_(limit), chunk_(std::clamp<std::uint64_t>(limit / 16 / std::max(1u, threads), 1, 16)) {}
  BufferBudget(const BufferBudget&) = delete;
  BufferBudget& operator=(const BufferBudget&) = delete;

  // What is held, and what threads have set aside for what they will hold next.
  [[nodiscard]] std::uint64_t set_aside() const { return set_aside_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool is_over() const { return set_aside() > limit_; }

  // One thread's blocks. Counting never fails: who is let in gets what it needs, and who asks is_over() first decides
  // who is.
  class Account {
   public:
    explicit Account(BufferBudget& budget) : budget_(budget) {}
    ~Account() { budget_.set_aside_.fetch_sub(set_aside_, std::memory_order_relaxed); }
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    void take() {
      if (++taken_ > set_aside_) move(budget_.chunk_);
    }
    // A chunk more than is needed is kept, or each request would move one at a boundary; not where others may want it.
    void give() {
      const std::uint64_t spare = set_aside_ - --taken_;
      if (spare < budget_.chunk_) return;
      if (spare >= 2 * budget_.chunk_ || budget_.set_aside() > budget_.limit_ / 2) move(0 - budget_.chunk_);
    }

   private:
    // Modulo 2^64: also less.
    void move(std::uint64_t blocks) {
      set_aside_ += blocks;
      budget_.set_aside_.fetch_add(blocks, std::memory_order_relaxed);
    }

    BufferBudget& budget_;
    std::uint64_t taken_ = 0;
    std::uint64_t set_aside_ = 0;
  };

 private:
  const std::uint64_t limit_, chunk_;
  std::atomic<std::uint64_t> set_aside_{0};
};

}  // namespace truemirror
