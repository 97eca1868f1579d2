#include "tests/memory/counting_new.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace truemirror {
namespace {

std::atomic<std::size_t> held{0}, most{0}, base{0}, taken{0};  // libraries may start threads of their own

void* counted(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  ++taken;
  const std::size_t now = held += malloc_usable_size(block);
  if (now > most) most = now;
  return block;
}

void uncounted(void* block) {
  if (block != nullptr) held -= malloc_usable_size(block);
  std::free(block);
}

}  // namespace

void begin_peak() { base = most = held.load(); }
std::size_t peak_bytes() { return most - base; }
std::size_t held_bytes() { return held; }
std::size_t allocations() { return taken; }

}  // namespace truemirror

void* operator new(std::size_t size) { return truemirror::counted(std::malloc(std::max<std::size_t>(size, 1))); }
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, std::align_val_t align) {
  const auto step = static_cast<std::size_t>(align);
  return truemirror::counted(std::aligned_alloc(step, (std::max<std::size_t>(size, 1) + step - 1) / step * step));
}
void* operator new[](std::size_t size, std::align_val_t align) { return operator new(size, align); }
void operator delete(void* block) noexcept { truemirror::uncounted(block); }
void operator delete[](void* block) noexcept { truemirror::uncounted(block); }
void operator delete(void* block, std::size_t) noexcept { truemirror::uncounted(block); }
void operator delete[](void* block, std::size_t) noexcept { truemirror::uncounted(block); }
void operator delete(void* block, std::align_val_t) noexcept { truemirror::uncounted(block); }
void operator delete[](void* block, std::align_val_t) noexcept { truemirror::uncounted(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { truemirror::uncounted(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { truemirror::uncounted(block); }
