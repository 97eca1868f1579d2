// Preloaded into a program (LD_PRELOAD), counts how often its threads lock a mutex, how often one that another thread
// had last (its cache line comes from there), and how often one that is held (it waits). When a thread ends, a line
// goes to the file that COUNT_LOCKS names: `thread locks moved held`. For bench/threads.py.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/prctl.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

using Lock = int (*)(pthread_mutex_t*);

Lock next(const char* name) { return reinterpret_cast<Lock>(::dlsym(RTLD_NEXT, name)); }

std::atomic<std::uint32_t> threads{0};

struct Counts {
  std::uint32_t thread = threads.fetch_add(1) + 1;
  unsigned long long locks = 0, moved = 0, held = 0;
  ~Counts() {
    std::array<char, 17> name{};
    ::prctl(PR_GET_NAME, name.data());
    const char* path = std::getenv("COUNT_LOCKS");
    std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "a");
    if (file == nullptr) return;
    std::fprintf(file, "%s %llu %llu %llu\n", name.data(), locks, moved, held);
    std::fclose(file);
  }
};

thread_local Counts counts;

// Who had a mutex last, by its address; a mutex that finds no place is not followed.
struct Last {
  std::atomic<pthread_mutex_t*> mutex{nullptr};
  std::atomic<std::uint32_t> thread{0};
};
constexpr std::size_t kPlaces = 1u << 14;
std::array<Last, kPlaces> places;

void note(pthread_mutex_t* mutex) {
  const auto address = reinterpret_cast<std::uintptr_t>(mutex);
  for (std::size_t step = 0; step < 16; ++step) {
    Last& last = places[(address / 8 + step) % kPlaces];
    pthread_mutex_t* owner = nullptr;
    if (!last.mutex.compare_exchange_strong(owner, mutex) && owner != mutex) continue;
    const std::uint32_t before = last.thread.exchange(counts.thread);
    if (before != 0 && before != counts.thread) ++counts.moved;
    return;
  }
}

}  // namespace

extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) {
  static const Lock lock = next("pthread_mutex_lock");
  static const Lock try_lock = next("pthread_mutex_trylock");
  ++counts.locks;
  note(mutex);
  if (try_lock(mutex) == 0) return 0;
  ++counts.held;
  return lock(mutex);
}
