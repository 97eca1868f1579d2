// A block that bytes are read into and parsed in place, borrowed from its thread's pool while a message flows: an idle
// connection holds none. Blocks are never zero-filled; what was never written to costs no memory.
#pragma once

#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "proxy/live/buffer_budget.h"

namespace truemirror {

class BlockPool {
 public:
  static constexpr std::size_t kBlockBytes = 64u << 10;
  using Block = std::unique_ptr<char[]>;

  explicit BlockPool(BufferBudget& budget) : account_(budget) {}

  [[nodiscard]] Block take() {
    account_.take();
    if (free_.empty()) return std::make_unique_for_overwrite<char[]>(kBlockBytes);
    Block block = std::move(free_.back());
    free_.pop_back();
    return block;
  }
  void give(Block block) {
    account_.give();
    if (free_.size() < kMaxFree) free_.push_back(std::move(block));
  }

 private:
  static constexpr std::size_t kMaxFree = 256;
  std::vector<Block> free_;
  BufferBudget::Account account_;  // of those that are lent
};

class ReadBuffer {
 public:
  explicit ReadBuffer(BlockPool& pool) : pool_(pool) {}
  ~ReadBuffer() { release(); }
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;

  // Bytes read and not yet consumed; views live until the next space() or release().
  [[nodiscard]] std::string_view unread() const {
    return {(parked_ ? parked_.get() : block_.get()) + begin_, end_ - begin_};
  }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  // Room to read into, borrowed or made by moving what is unread to the front. Empty where the block is full.
  [[nodiscard]] boost::asio::mutable_buffer space() {
    if (!block_) borrow();
    if (begin_ == end_) begin_ = end_ = 0;
    if (begin_ > 0 && BlockPool::kBlockBytes - end_ < kMinRoom) {
      std::memmove(block_.get(), block_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    return {block_.get() + end_, BlockPool::kBlockBytes - end_};
  }
  void commit(std::size_t bytes) { end_ += bytes; }
  void consume(std::size_t bytes) { begin_ += bytes; }
  // Forgets what is unread.
  void clear() { begin_ = end_ = 0; }
  void release() {
    if (block_) pool_.give(std::move(block_));
    parked_.reset();
    begin_ = end_ = 0;
  }
  // Before a wait for more: what is unread moves to a place of its size, and the block goes back. Views of it die.
  void park() {
    if (!block_) return;
    const std::size_t size = end_ - begin_;
    if (size > 0) {
      parked_ = std::make_unique_for_overwrite<char[]>(size);
      std::memcpy(parked_.get(), block_.get() + begin_, size);
    }
    pool_.give(std::move(block_));
    begin_ = 0;
    end_ = size;
  }

 private:
  void borrow() {
    block_ = pool_.take();
    if (parked_) std::memcpy(block_.get(), parked_.get(), end_);
    parked_.reset();
  }

  static constexpr std::size_t kMinRoom = 16u << 10;
  BlockPool& pool_;
  BlockPool::Block block_;
  std::unique_ptr<char[]> parked_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace truemirror
