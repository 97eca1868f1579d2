// A block that bytes are read into and parsed in place, borrowed from its thread's pool while a message flows: an idle
// connection holds none. Blocks are never zero-filled; what was never written to costs no memory.
#pragma once

#include <boost/asio/buffer.hpp>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace truemirror {

class BlockPool {
 public:
  static constexpr std::size_t kBlockBytes = 64u << 10;
  using Block = std::unique_ptr<char[]>;

  [[nodiscard]] Block take() {
    if (free_.empty()) return std::make_unique_for_overwrite<char[]>(kBlockBytes);
    Block block = std::move(free_.back());
    free_.pop_back();
    return block;
  }
  void give(Block block) {
    if (free_.size() < kMaxFree) free_.push_back(std::move(block));
  }

 private:
  static constexpr std::size_t kMaxFree = 256;
  std::vector<Block> free_;
};

class ReadBuffer {
 public:
  explicit ReadBuffer(BlockPool& pool) : pool_(pool) {}
  ~ReadBuffer() { release(); }
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;

  // Bytes read and not yet consumed; views live until the next space() or release().
  [[nodiscard]] std::string_view unread() const { return {block_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  // Room to read into, borrowed or made by moving what is unread to the front. Empty where the block is full.
  [[nodiscard]] boost::asio::mutable_buffer space() {
    if (!block_) block_ = pool_.take();
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
    begin_ = end_ = 0;
  }

 private:
  static constexpr std::size_t kMinRoom = 16u << 10;
  BlockPool& pool_;
  BlockPool::Block block_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace truemirror
