// What goes wrong again and again is logged once a second at most, with how often it did. Belongs to one live thread.
#pragma once

#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace truemirror {

class Complaints {
 public:
  // A line is `<about><who>: <what> (<n> <these> since the last such line)`. Both texts are literals.
  Complaints(std::string_view about, std::string_view these) : about_(about), these_(these) {}

  void add(std::string_view who, std::string_view what) {
    const auto now = std::chrono::steady_clock::now();
    ++count_;
    if (now - said_at_ < std::chrono::seconds(1)) return;
    spdlog::warn("{}{}: {} ({} {} since the last such line)", about_, who, what, count_, these_);
    said_at_ = now;
    count_ = 0;
  }

 private:
  std::string_view about_, these_;
  std::chrono::steady_clock::time_point said_at_{};
  std::uint64_t count_ = 0;
};

}  // namespace truemirror
