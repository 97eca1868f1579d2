// An ordered list of header fields (or trailers): names keep their case and their order, values are kept as received
// without the white space around them. One block of bytes and one of offsets, so that a copy costs two allocations.
// Refuses nothing: what may stand in a field is decided by the scanner (head_scanner.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace truemirror {

// ASCII only, as field names are (RFC 9110 §5.1). Sizes and first letters nearly always tell them apart: not worth a
// call.
[[nodiscard]] bool iequals_all(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] inline bool iequals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  return a.empty() || (((a.front() ^ b.front()) & ~0x20) == 0 && iequals_all(a, b));
}
[[nodiscard]] std::string ascii_lower(std::string_view text);

// One field; the views live as long as the list (or the buffer) they came from and is not changed.
struct HeaderField {
  std::string_view name;
  std::string_view value;
  bool operator==(const HeaderField&) const = default;
};

class Headers {
 public:
  class Iterator {
   public:
    using value_type = HeaderField;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const Headers* list, std::size_t at) : list_(list), at_(at) {}
    HeaderField operator*() const { return (*list_)[at_]; }
    Iterator& operator++() { return ++at_, *this; }
    Iterator operator++(int) {
      Iterator before = *this;
      ++at_;
      return before;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const Headers* list_ = nullptr;
    std::size_t at_ = 0;
  };

  Headers() = default;
  Headers(std::initializer_list<HeaderField> fields);
  // Takes over text that holds fields, which point_out() then names: one copy, or none, for all of them.
  Headers(std::string block, std::size_t fields) : bytes_(std::move(block)) { spans_.reserve(fields); }
  [[nodiscard]] std::string_view block() const { return bytes_; }
  // Adds the field at these places of the block.
  void point_out(std::size_t name_at, std::size_t name_size, std::size_t value_at, std::size_t value_size) {
    spans_.push_back({static_cast<std::uint32_t>(name_at), static_cast<std::uint32_t>(name_size),
                      static_cast<std::uint32_t>(value_at), static_cast<std::uint32_t>(value_size)});
  }

  // Room for that many bytes of names and values, and that many fields: one allocation each instead of several.
  void reserve(std::size_t bytes, std::size_t fields) {
    bytes_.reserve(bytes);
    spans_.reserve(fields);
  }
  void add(std::string_view name, std::string_view value);
  // Replaces every field of that name by one, at the place of the first; adds it at the end where there was none.
  void set(std::string_view name, std::string_view value);
  // Returns how many fields went.
  std::size_t remove(std::string_view name);
  // The first field of that name. The view lives until the list changes.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return get(name).has_value(); }
  // How often the name occurs.
  [[nodiscard]] std::size_t count(std::string_view name) const;

  [[nodiscard]] HeaderField operator[](std::size_t at) const {
    const Span& s = spans_[at];
    return {std::string_view(bytes_).substr(s.name_at, s.name_size),
            std::string_view(bytes_).substr(s.value_at, s.value_size)};
  }
  [[nodiscard]] std::size_t size() const { return spans_.size(); }
  [[nodiscard]] bool empty() const { return spans_.empty(); }
  [[nodiscard]] Iterator begin() const { return {this, 0}; }
  [[nodiscard]] Iterator end() const { return {this, spans_.size()}; }
  // Memory held, in bytes, for budgets.
  [[nodiscard]] std::size_t footprint() const { return bytes_.capacity() + spans_.capacity() * sizeof(Span); }
  // Same fields, same order, names compared without case.
  bool operator==(const Headers& other) const;

 private:
  struct Span {
    std::uint32_t name_at, name_size, value_at, value_size;
  };
  std::string bytes_;
  std::vector<Span> spans_;
};

}  // namespace truemirror
