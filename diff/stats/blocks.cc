#include "diff/stats/blocks.h"

#include <algorithm>
#include <numeric>

#include "diff/stats/evidence.h"

namespace truemirror {
namespace {

BlockIndex floor_divide(BlockIndex value, BlockIndex by) { return value / by - (value % by < 0 ? 1 : 0); }
std::size_t floor_modulo(BlockIndex value, BlockIndex by) {
  return static_cast<std::size_t>(value - floor_divide(value, by) * by);
}
std::size_t slot(BlockIndex block) { return floor_modulo(block, static_cast<BlockIndex>(BlockEvidence::kSpan)); }

}  // namespace

BlockIndex block_at(std::chrono::nanoseconds since_epoch, std::chrono::milliseconds burst) {
  const std::chrono::nanoseconds whole = std::max(burst, std::chrono::milliseconds(1));
  return floor_divide(since_epoch.count(), whole.count() / kBlocksPerBurst);
}

BlockIndex burst_of(BlockIndex block) { return floor_divide(block, kBlocksPerBurst); }

double BlockEvidence::Open::square() const {
  const auto sum = static_cast<double>(std::accumulate(net.begin(), net.end(), std::int64_t{0}));
  return sum * sum;
}

void BlockEvidence::touch(BlockIndex block, BlockIndex now, std::int64_t sign) {
  discordant_ += 1;
  const BlockIndex burst = burst_of(block);
  const std::size_t quarter = floor_modulo(block, kBlocksPerBurst);
  for (Open& open : open_) {
    if (open.burst == burst) {
      open.net[quarter] += sign;
      return;
    }
  }
  if (open_.size() == kMaxOpen) settle(0);
  open_.push_back({burst, std::max(block, now), {}});
  open_.back().net[quarter] = sign;
}

bool BlockEvidence::settle_one(BlockIndex now) {
  // The evidence may stay as it is (as many b as c in each block), so go on until a burst changes it. The earliest
  // burst first: which blocks yield must not depend on the order in which samples came.
  for (;;) {
    auto earliest = open_.end();
    for (auto open = open_.begin(); open != open_.end(); ++open) {
      const bool due = open->touched <= now - kSettleAfter;
      if (due && (earliest == open_.end() || open->burst < earliest->burst)) earliest = open;
    }
    if (earliest == open_.end()) return false;
    if (settle(static_cast<std::size_t>(earliest - open_.begin()))) return true;
  }
}

void BlockEvidence::settle_all() {
  while (!open_.empty()) {
    settle_one(INT64_MAX);
  }
}

// Removes the open burst at `at`; true where one of its blocks yielded an observation. Two never can.
bool BlockEvidence::settle(std::size_t at) {
  const Open open = open_[at];
  open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
  squares_ += open.square();
  for (std::size_t quarter = 0; quarter < open.net.size(); ++quarter) {
    const BlockIndex block = open.burst * kBlocksPerBurst + static_cast<BlockIndex>(quarter);
    if (open.net[quarter] == 0 || !may_yield(block)) continue;
    ++(open.net[quarter] > 0 ? blocks_b_ : blocks_c_);
    mark_yielded(block);
    ln_e_ = ln_evidence(blocks_b_, blocks_c_);
    return true;
  }
  return false;
}

// That no block yielded which one disturbance, a burst long, could have reached as well as this.
bool BlockEvidence::may_yield(BlockIndex block) const {
  for (BlockIndex near = block - kBlocksPerBurst; near <= block + kBlocksPerBurst; ++near) {
    if (yielded(near)) return false;
  }
  return true;
}

bool BlockEvidence::yielded(BlockIndex block) const {
  if (newest_ == INT64_MIN || block > newest_) return false;
  if (newest_ - block >= static_cast<BlockIndex>(kSpan)) return true;  // no longer known: never twice
  return yielded_.test(slot(block));
}

void BlockEvidence::mark_yielded(BlockIndex block) {
  if (newest_ == INT64_MIN || block - newest_ >= static_cast<BlockIndex>(kSpan)) {
    yielded_.reset();
    newest_ = block;
  }
  while (newest_ < block) yielded_.reset(slot(++newest_));
  yielded_.set(slot(block));
}

double BlockEvidence::clustering() const {
  if (discordant_ == 0) return 1;
  double squares = squares_;
  for (const Open& open : open_) squares += open.square();
  return std::max(1.0, squares / discordant_);
}

void BlockEvidence::absorb_clustering(const BlockEvidence& other) {
  squares_ += other.squares_;
  for (const Open& open : other.open_) squares_ += open.square();
  discordant_ += other.discordant_;
}

}  // namespace truemirror
