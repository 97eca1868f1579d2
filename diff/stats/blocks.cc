#include "diff/stats/blocks.h"

#include <algorithm>

#include "diff/stats/evidence.h"

namespace truemirror {
namespace {

std::size_t slot(BlockIndex block) {
  const auto span = static_cast<BlockIndex>(BlockEvidence::kSpan);
  return static_cast<std::size_t>(((block % span) + span) % span);
}

}  // namespace

void BlockEvidence::touch(BlockIndex block, BlockIndex now, std::int64_t sign) {
  discordant_ += 1;
  for (Open& open : open_) {
    if (open.block == block) {
      open.net += sign;
      return;
    }
  }
  if (yielded(block)) {
    squares_ += 1;
    return;
  }
  if (open_.size() == kMaxOpen) settle(0);
  open_.push_back({block, std::max(block, now), sign});
}

bool BlockEvidence::settle_one(BlockIndex now) {
  // The evidence may stay as it is (a block with as many b as c), so go on until one changes it.
  for (std::size_t at = 0; at < open_.size();) {
    if (open_[at].touched > now - kSettleAfter) {
      ++at;
    } else if (settle(at)) {
      return true;
    }
  }
  return false;
}

void BlockEvidence::settle_all() {
  while (!open_.empty()) settle(0);
}

// Removes open block `at`; true where it yielded an observation.
bool BlockEvidence::settle(std::size_t at) {
  const Open open = open_[at];
  open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
  squares_ += static_cast<double>(open.net) * static_cast<double>(open.net);
  if (open.net == 0 || yielded(open.block)) return false;
  ++(open.net > 0 ? blocks_b_ : blocks_c_);
  mark_yielded(open.block);
  ln_e_ = ln_evidence(blocks_b_, blocks_c_);
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
  for (const Open& open : open_) squares += static_cast<double>(open.net) * static_cast<double>(open.net);
  return std::max(1.0, squares / discordant_);
}

void BlockEvidence::absorb_clustering(const BlockEvidence& other) {
  squares_ += other.squares_;
  for (const Open& open : other.open_) squares_ += static_cast<double>(open.net) * static_cast<double>(open.net);
  discordant_ += other.discordant_;
}

}  // namespace truemirror
