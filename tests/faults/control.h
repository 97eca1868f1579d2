// What the test of faults (faults_test.py) and the preloaded library (fail_calls.cc) share: a mapped file of 64-bit
// words. The test arms it when counting shall begin, and reads afterwards how often each kind of call was made and
// failed.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace truemirror::faults {

// In the order of Control::calls, and by these names in FAULT_KIND.
enum class Kind : std::uint8_t {
  alloc,
  read,
  write,
  connect,
  accept,
  socket,
  epoll,
  open,
  sync,
  rename,
  pwrite,
  pread,
  truncate,
  map,
  thread,
  hangup
};
inline constexpr std::array<std::string_view, 16> kKinds{"alloc",    "read", "write",  "connect", "accept", "socket",
                                                         "epoll",    "open", "sync",   "rename",  "pwrite", "pread",
                                                         "truncate", "map",  "thread", "hangup"};

struct Control {
  std::atomic<std::uint64_t> armed;   // 0: every call is let through and not counted
  std::atomic<std::uint64_t> failed;  // calls that were made to fail
  std::array<std::atomic<std::uint64_t>, kKinds.size()> calls;
};
static_assert(sizeof(Control) == (2 + kKinds.size()) * 8);

}  // namespace truemirror::faults
