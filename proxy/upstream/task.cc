#include "proxy/upstream/task.h"

#include <array>
#include <cstdlib>
#include <new>

namespace truemirror {
namespace {

// A sanitizer has to see each frame freed: it gets them by malloc(), so that the test that counts what operator new is
// asked for (tests/memory/) counts the same in every build. Otherwise frames go by size, in steps of 64 bytes.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kKeepFrames = false;
#elif defined(__has_feature)
constexpr bool kKeepFrames = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool kKeepFrames = true;
#endif

constexpr std::size_t kStep = 64;
constexpr std::size_t kSizes = 64;  // up to 4 KiB
constexpr std::size_t kKeptBytesOfASize = 256u << 10;

struct FreeFrame {
  FreeFrame* next;
};

struct Shelf {
  FreeFrame* first = nullptr;
  unsigned kept = 0;
};

struct Shelves {
  std::array<Shelf, kSizes> of_size;
  ~Shelves() {
    for (Shelf& shelf : of_size) {
      while (shelf.first != nullptr) ::operator delete(std::exchange(shelf.first, shelf.first->next));
    }
  }
};

thread_local Shelves shelves;

void* checked(void* frame) {
  if (frame == nullptr) throw std::bad_alloc();
  return frame;
}

std::size_t steps(std::size_t bytes) { return (bytes + kStep - 1) / kStep; }

}  // namespace

void* FrameStore::take(std::size_t bytes) {
  const std::size_t size = steps(bytes);
  if (!kKeepFrames) return checked(std::malloc(bytes));
  if (size >= kSizes) return ::operator new(bytes);
  Shelf& shelf = shelves.of_size.at(size);
  if (shelf.first == nullptr) return ::operator new(size * kStep);
  --shelf.kept;
  return std::exchange(shelf.first, shelf.first->next);
}

void FrameStore::give(void* frame, std::size_t bytes) noexcept {
  const std::size_t size = steps(bytes);
  if (!kKeepFrames) return std::free(frame);
  if (size >= kSizes) return ::operator delete(frame);
  Shelf& shelf = shelves.of_size.at(size);
  if ((shelf.kept + 1) * size * kStep > kKeptBytesOfASize) return ::operator delete(frame);
  shelf.first = new (frame) FreeFrame{shelf.first};
  ++shelf.kept;
}

}  // namespace truemirror
