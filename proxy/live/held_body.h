// What has been sent of a request's body, in case that the kept connection it went over turns out to be closed and the
// request is sent again. Takes one block of the thread's at most (64 KiB), and none before there is something to hold;
// a longer body is given up, and then the request is sent once. Belongs to one exchange.
#pragma once

#include <cstring>
#include <string_view>
#include <vector>

#include "proxy/live/read_buffer.h"

namespace truemirror {

class HeldBody {
 public:
  explicit HeldBody(BlockPool& pool) : pool_(pool) {}
  ~HeldBody() { release(); }
  HeldBody(const HeldBody&) = delete;
  HeldBody& operator=(const HeldBody&) = delete;

  // Holds what is added from now on.
  void start() { holding_ = true; }
  void add(const std::vector<std::string_view>& payload) {
    for (const std::string_view span : payload) {
      if (!holding_ || span.empty()) continue;
      if (span.size() > BlockPool::kBlockBytes - size_) {
        release();
        return;
      }
      if (!block_) block_ = pool_.take();
      std::memcpy(block_.get() + size_, span.data(), span.size());
      size_ += span.size();
    }
  }
  // Nothing will be sent again.
  void release() {
    if (block_) pool_.give(std::move(block_));
    holding_ = false;
    size_ = 0;
  }

  // Whether all that was added since start() is here.
  [[nodiscard]] bool holds_all() const { return holding_; }
  // Lives until the next add() or release().
  [[nodiscard]] std::string_view bytes() const { return {block_.get(), size_}; }

 private:
  BlockPool& pool_;
  BlockPool::Block block_;
  std::size_t size_ = 0;
  bool holding_ = false;
};

}  // namespace truemirror
