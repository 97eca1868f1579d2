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

// The open burst of a block, opened where it is not.
BlockEvidence::Open& BlockEvidence::open(BlockIndex block, BlockIndex now) {
  const BlockIndex burst = burst_of(block);
  const auto known =
      std::find_if(open_.begin(), open_.end(), [burst](const Open& each) { return each.burst == burst; });
  if (known != open_.end()) return *known;
  if (open_.size() == kMaxOpen) settle(0);
  Open& made = open_.emplace_back(Open{burst, std::max(block, now), {}, {}});
  made.rank.fill(UINT64_MAX);
  return made;
}

void BlockEvidence::touch(BlockIndex block, BlockIndex now, std::int64_t sign) {
  discordant_ += 1;
  open(block, now).net[floor_modulo(block, kBlocksPerBurst)] += sign;
}

void BlockEvidence::observe(bool bad, std::uint64_t rank, BlockIndex block, BlockIndex now) {
  Open& burst = open(block, now);
  const std::size_t quarter = floor_modulo(block, kBlocksPerBurst);
  if (burst.net[quarter] != 0 && rank >= burst.rank[quarter]) return;
  burst.rank[quarter] = rank;
  burst.net[quarter] = bad ? 1 : -1;
}

bool BlockEvidence::settle_one(BlockIndex now) {
  // The evidence may stay as it is (as many b as c in each block), so go on until a burst changes it. The earliest
  // burst first: which blocks yield must not depend on the order in which samples came.
  for (;;) {
    auto earliest = open_.end();
    for (auto each = open_.begin(); each != open_.end(); ++each) {
      const bool due = each->touched <= now - kSettleAfter;
      if (due && (earliest == open_.end() || each->burst < earliest->burst)) earliest = each;
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
  const Open due = open_[at];
  open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
  squares_ += due.square();
  for (std::size_t quarter = 0; quarter < due.net.size(); ++quarter) {
    const BlockIndex block = due.burst * kBlocksPerBurst + static_cast<BlockIndex>(quarter);
    if (due.net[quarter] == 0 || !may_yield(block)) continue;
    ++(due.net[quarter] > 0 ? blocks_b_ : blocks_c_);
    mark_yielded(block);
    ln_e_ = chance_ == 0.5 ? ln_evidence(blocks_b_, blocks_c_) : ln_evidence(blocks_b_, blocks_c_, chance_);
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
  for (const Open& each : open_) squares += each.square();
  return std::max(1.0, squares / discordant_);
}

void BlockEvidence::absorb_clustering(const BlockEvidence& other) {
  squares_ += other.squares_;
  for (const Open& each : other.open_) squares_ += each.square();
  discordant_ += other.discordant_;
}

}  // namespace truemirror
