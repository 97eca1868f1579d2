// Sample counts of one test or finding, and the evidence in them: one observation a block at most (design.md §8).
//
// A block is `burst` of arrival time; its observation is the sign of (only candidate bad − only control bad) in it.
// Samples arrive out of order: comparers run side by side, and an arm that times out answers many blocks late. So a
// block settles, and its observation counts, kSettleAfter blocks of the run's clock after it was first touched. A
// settled block that yielded an observation yields no other; one that yielded none opens again when a late sample
// touches it. Lateness is that of a sample, the same for both arms, so it favours neither side. What is kSpan blocks
// late counts as a sample alone. Memory: 128 bytes and at most kMaxOpen open blocks, whatever comes in. Belongs to one
// thread at a time.
#pragma once

#include <bitset>
#include <cstdint>
#include <vector>

namespace truemirror {

using BlockIndex = std::int64_t;

class BlockEvidence {
 public:
  static constexpr BlockIndex kSettleAfter = 4;
  static constexpr std::size_t kSpan = 1024;   // blocks that are remembered to have yielded
  static constexpr std::size_t kMaxOpen = 16;  // beyond, the one touched first settles at once

  // One sample in `block` on which exactly one arm was bad. `now` is the newest block of the run so far.
  void candidate_only(BlockIndex block, BlockIndex now) { touch(block, now, 1); }
  void control_only(BlockIndex block, BlockIndex now) { touch(block, now, -1); }

  // Settles what is due at `now`. True where the evidence changed; call again until it is false, so that evidence is
  // looked at after every observation.
  bool settle_one(BlockIndex now);
  // Settles all there is: the run has ended.
  void settle_all();

  [[nodiscard]] std::uint64_t blocks_b() const { return blocks_b_; }
  [[nodiscard]] std::uint64_t blocks_c() const { return blocks_c_; }
  // ln E(blocks_b, blocks_c).
  [[nodiscard]] double ln_e() const { return ln_e_; }
  // max(1, Σ_blocks (b_j − c_j)² / (b + c)): how many samples move together. Late samples of a block that has yielded
  // count as blocks of their own.
  [[nodiscard]] double clustering() const;
  // Takes over the other's clustering, not its observations: two tests that become one keep the evidence of one.
  void absorb_clustering(const BlockEvidence& other);

 private:
  struct Open {
    BlockIndex block, touched;
    std::int64_t net;
  };
  void touch(BlockIndex block, BlockIndex now, std::int64_t sign);
  bool settle(std::size_t at);
  [[nodiscard]] bool yielded(BlockIndex block) const;
  void mark_yielded(BlockIndex block);

  std::vector<Open> open_;      // in the order they were touched
  std::bitset<kSpan> yielded_;  // a ring; the bit of block i is i mod kSpan, valid for (newest_ − kSpan, newest_]
  BlockIndex newest_ = INT64_MIN;
  std::uint64_t blocks_b_ = 0, blocks_c_ = 0;
  double squares_ = 0, discordant_ = 0;  // of settled blocks; all discordant samples
  double ln_e_ = 0;
};

}  // namespace truemirror
