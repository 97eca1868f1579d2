// Sample counts of one test or finding, and the evidence in them: no two observations from within one burst
// (design.md §8).
//
// A block is a quarter of `burst` of arrival time; its observation is the sign of (only candidate bad − only control
// bad) in it. After a block that yielded one, none yields that began less than a whole burst after its end, or ended
// less than one before it: a disturbance up to `burst` long may lie across two blocks, wherever the clock cuts them,
// and what it does to both arms must count once. (One observation for each second of the clock had 3 % of false alarms
// for 1 % allowed where every disturbance was a burst long: bench/proof.md.) A quarter, because whole blocks with such
// a pause would halve the evidence of a steady regression: so 4 observations come from 5 bursts, not from 8.
//
// Samples arrive out of order: comparers run side by side, and an arm that times out answers many blocks late. So the
// blocks of a burst settle together, and an observation counts, kSettleAfter blocks of the run's clock after the first
// was touched. Which blocks yield depends on when either arm was bad, never on which; lateness is that of a sample, the
// same for both arms: so neither side is favoured. What is kSpan blocks late counts as a sample alone. Memory: 400
// bytes and at most kMaxOpen open bursts, whatever comes in. Belongs to one thread at a time.
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <vector>

namespace truemirror {

using BlockIndex = std::int64_t;

inline constexpr BlockIndex kBlocksPerBurst = 4;
// The block of a time since the epoch, and the burst of the clock that a block is in.
[[nodiscard]] BlockIndex block_at(std::chrono::nanoseconds since_epoch, std::chrono::milliseconds burst);
[[nodiscard]] BlockIndex burst_of(BlockIndex block);

class BlockEvidence {
 public:
  // `chance`: that an observation is one against, where there is nothing to find; in (0, 1).
  explicit BlockEvidence(double chance = 0.5) : chance_(chance) {}

  static constexpr BlockIndex kSettleAfter = 4 * kBlocksPerBurst;
  static constexpr std::size_t kSpan = 2048;   // blocks that are remembered to have yielded
  static constexpr std::size_t kMaxOpen = 16;  // bursts; beyond, the one touched first settles at once

  // One sample in `block` on which exactly one arm was bad. `now` is the newest block of the run so far.
  void candidate_only(BlockIndex block, BlockIndex now) { touch(block, now, 1); }
  void control_only(BlockIndex block, BlockIndex now) { touch(block, now, -1); }

  // Instead of these: the block's observation is the one sample of lowest `rank`, and whether it is bad.
  void observe(bool bad, std::uint64_t rank, BlockIndex block, BlockIndex now);

  // Settles what is due at `now`. True where the evidence changed; call again until it is false, so that evidence is
  // looked at after every observation.
  bool settle_one(BlockIndex now);
  // Settles all there is: the run has ended.
  void settle_all();

  [[nodiscard]] std::uint64_t blocks_b() const { return blocks_b_; }
  [[nodiscard]] std::uint64_t blocks_c() const { return blocks_c_; }
  // ln E(blocks_b, blocks_c) at p0 = chance.
  [[nodiscard]] double ln_e() const { return ln_e_; }
  // max(1, Σ_bursts (b_j − c_j)² / (b + c)), of bursts of the clock: how many samples move together. Late samples of a
  // burst that has settled count as one of their own.
  [[nodiscard]] double clustering() const;
  // Takes over the other's clustering, not its observations: two tests that become one keep the evidence of one.
  void absorb_clustering(const BlockEvidence& other);

 private:
  struct Open {
    BlockIndex burst, touched;
    std::array<std::int64_t, kBlocksPerBurst> net;    // only candidate − only control, of each block
    std::array<std::uint64_t, kBlocksPerBurst> rank;  // of the sample that was observed
    [[nodiscard]] double square() const;              // of the burst's sum
  };
  Open& open(BlockIndex block, BlockIndex now);
  void touch(BlockIndex block, BlockIndex now, std::int64_t sign);
  bool settle(std::size_t at);
  [[nodiscard]] bool may_yield(BlockIndex block) const;
  [[nodiscard]] bool yielded(BlockIndex block) const;
  void mark_yielded(BlockIndex block);

  std::vector<Open> open_;      // in the order they were touched
  std::bitset<kSpan> yielded_;  // a ring; the bit of block i is i mod kSpan, valid for (newest_ − kSpan, newest_]
  BlockIndex newest_ = INT64_MIN;
  std::uint64_t blocks_b_ = 0, blocks_c_ = 0;
  double squares_ = 0, discordant_ = 0;  // of settled bursts; all discordant samples
  double ln_e_ = 0, chance_;
};

}  // namespace truemirror
