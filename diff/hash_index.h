// Finds elements by their hash. Sorted, not a hash table: whoever writes both documents can choose hashes that share a
// bucket, and n log n holds for every input.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace truemirror {

class HashIndex {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;      // as AlignedPair has it
  using Entry = std::pair<std::uint64_t, std::uint32_t>;  // hash, index

  explicit HashIndex(std::vector<Entry> entries) : entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end());
  }

  // Whether no hash occurs twice.
  [[nodiscard]] bool unique() const {
    const auto same = [](const Entry& a, const Entry& b) { return a.first == b.first; };
    return std::adjacent_find(entries_.begin(), entries_.end(), same) == entries_.end();
  }

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }  // sorted
  // The lowest index with that hash; kNone where there is none.
  [[nodiscard]] std::uint32_t find(std::uint64_t hash) const {
    const std::size_t at = first(hash);
    return has(at, hash) ? entries_[at].second : kNone;
  }

  // The same among those that were not taken yet, and takes it.
  std::uint32_t take(std::uint64_t hash) {
    const std::size_t at = first(hash);
    if (!has(at, hash)) return kNone;
    if (taken_.empty()) taken_.resize(entries_.size(), 0);
    const std::size_t next = at + taken_[at];
    if (!has(next, hash)) return kNone;
    ++taken_[at];
    return entries_[next].second;
  }

 private:
  [[nodiscard]] std::size_t first(std::uint64_t hash) const {
    const auto before = [](const Entry& entry, std::uint64_t wanted) { return entry.first < wanted; };
    return static_cast<std::size_t>(std::lower_bound(entries_.begin(), entries_.end(), hash, before) -
                                    entries_.begin());
  }
  [[nodiscard]] bool has(std::size_t at, std::uint64_t hash) const {
    return at < entries_.size() && entries_[at].first == hash;
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> taken_;  // at the first entry of a hash: how many of it
};

}  // namespace truemirror
