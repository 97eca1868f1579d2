// Words for the fuzz targets: what must hold, and an input taken apart. A target is one .cc file here with seeds in
// corpus/<name>/; `make fuzz` builds them all with ASan and UBSan and runs each for SECONDS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace truemirror {

// Ends the run: libFuzzer then keeps the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

class FuzzInput {
 public:
  // Divides inputs that hold two things; ASCII's record separator, which JSON and header fields may not hold.
  static constexpr char kSeparator = '\x1e';

  FuzzInput(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  // The next byte; 0 at the end.
  [[nodiscard]] unsigned byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  // What stands before the next separator, or all.
  [[nodiscard]] std::string_view part() {
    const std::size_t end = rest_.find(kSeparator);
    const std::string_view found = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
    return found;
  }
  // Up to `size` bytes, taken from the front.
  [[nodiscard]] std::string_view take(std::size_t size) {
    const std::string_view found = rest_.substr(0, size);
    rest_.remove_prefix(found.size());
    return found;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
